import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/shared/hash.ts'
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts'
import { KEY, OTHER_KEY, filesIn, jpeg, keep, responseOf, temporaryFolder } from './samples.ts'

const SHORT = KEY.slice(0, 16)
const PLACES = ['pending', 'locks', 'quarantine', 'trash'] as const

/** Files outside the project that look like files of the store. */
const BAIT: Readonly<Record<string, string>> = {
  'settings.json': '{}',
  [`kira.${SHORT}.0123456789abcdef.json`]: 'no response',
  [`kira.${SHORT}.0123456789abcdef.pending`]: 'no response',
  [`kira.${SHORT}.01234567.jpg`]: 'a foreign picture',
  [`kira.${SHORT}.01234567.json`]: 'a foreign receipt',
  'key.0123456789abcdef.lock': '{"host":"elsewhere","pid":1,"startTime":null}',
  'key.0123456789abcdef.failure': '{}',
  'key.0123456789abcdef.lock.01234567.new': '',
  '0123456789abcdef.clock': '',
}

interface Place {
  readonly root: string
  readonly dir: string
  readonly outside: string
  /** Names, contents and dates of the files outside. */
  readonly seenOutside: () => unknown
  readonly warnings: string[]
  readonly open: (options?: Partial<StoreOptions>) => Store
}

function placeWithBait(): Place {
  const folder = temporaryFolder()
  const root = path.join(folder, 'project')
  const outside = path.join(folder, 'outside')
  const dir = path.join(root, '.imagegen')
  mkdirSync(root)
  mkdirSync(outside)
  for (const [name, text] of Object.entries(BAIT)) {
    writeFileSync(path.join(outside, name), text)
    utimesSync(path.join(outside, name), 1, 1)
  }
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const logger = { info: () => undefined, warn, error: warn }
  return {
    root,
    dir,
    outside,
    warnings,
    open: (options) => openStore({ dir, within: root, logger, ...options }),
    seenOutside: () =>
      readdirSync(outside).map((name) => {
        const file = path.join(outside, name)
        return [name, readFileSync(file, 'utf8'), lstatSync(file).mtimeMs]
      }),
  }
}

/** Every operation that reads, writes, moves or deletes. */
function everyUse(store: Store): Record<string, () => Promise<unknown>> {
  const { signal } = new AbortController()
  return {
    read: () => store.read([KEY]),
    readKey: () => store.readKey({ key: KEY, candidates: 1 }),
    prepare: () => store.prepare(),
    recover: () => store.recover(),
    keepUnusable: () => store.keepUnusable({ key: KEY, name: 'kira', reason: 'no', body: 'no' }),
    lock: () => store.lock(KEY, { signal }),
    rateWindow: () => store.rateWindow({ account: 'a', requestsPerMinute: 1 }).take(signal),
    verify: () => store.verify(),
    findUnused: () => store.findUnused(new Set()),
    emptyTrash: () => store.emptyTrash(0),
  }
}

describe('a folder of the store that is a link', () => {
  test.for(PLACES)('%s: every operation refuses it and changes nothing behind it', async (name) => {
    const { dir, outside, seenOutside, open } = placeWithBait()
    mkdirSync(dir)
    symlinkSync(outside, path.join(dir, name))
    const before = seenOutside()
    for (const [use, run] of Object.entries(everyUse(open()))) {
      await expect(run(), use).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining(`.imagegen/${name} is a link`) as string,
      })
    }
    expect(seenOutside()).toEqual(before)
  })

  test.for(PLACES)(
    '%s: a link that leads nowhere is refused, and its target is not created',
    async (name) => {
      const { dir, outside, open } = placeWithBait()
      mkdirSync(dir)
      symlinkSync(path.join(outside, 'later'), path.join(dir, name))
      await expect(open().prepare()).rejects.toMatchObject({ code: 'config' })
      await expect(open().emptyTrash(0)).rejects.toMatchObject({ code: 'config' })
      expect(existsSync(path.join(outside, 'later'))).toBe(false)
    },
  )

  test('a link that stays inside the project is refused too', async () => {
    const { root, dir, open } = placeWithBait()
    mkdirSync(dir)
    mkdirSync(path.join(root, 'src'))
    writeFileSync(path.join(root, 'src', `kira.${SHORT}.01234567.jpg`), 'mine')
    symlinkSync('../src', path.join(dir, 'trash'))
    await expect(open().emptyTrash(0)).rejects.toMatchObject({ code: 'config' })
    expect(readdirSync(path.join(root, 'src'))).toHaveLength(1)
  })

  test('a link that later replaces a folder is refused from then on', async () => {
    const { dir, outside, seenOutside, open } = placeWithBait()
    const store = open()
    await store.prepare()
    const before = seenOutside()
    rmSync(path.join(dir, 'pending'), { recursive: true })
    symlinkSync(outside, path.join(dir, 'pending'))
    // A response paid for by then is kept elsewhere, and the error says where.
    const error: unknown = await store
      .savePending(responseOf([await jpeg('teal')]))
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable' })
    const [, kept] = /is kept as (.+\.json)\./.exec((error as Error).message) ?? []
    expect(JSON.parse(readFileSync(kept!, 'utf8'))).toMatchObject({ key: KEY })
    rmSync(kept!)
    expect(seenOutside()).toEqual(before)
  })
})

describe('the store itself', () => {
  test('a store that is a link is refused, wherever it leads', async () => {
    const { root, dir, outside, seenOutside, open } = placeWithBait()
    mkdirSync(path.join(root, 'real'))
    for (const target of [outside, path.join(root, 'real'), path.join(outside, 'nowhere')]) {
      symlinkSync(target, dir)
      const before = seenOutside()
      for (const [use, run] of Object.entries(everyUse(open()))) {
        await expect(run(), use).rejects.toMatchObject({ code: 'config' })
      }
      expect(seenOutside()).toEqual(before)
      rmSync(dir)
    }
  })

  test('a store outside the project is refused, whether by its path or by a link on the way', async () => {
    const { root, outside, seenOutside, open } = placeWithBait()
    symlinkSync(outside, path.join(root, 'art'))
    const before = seenOutside()
    for (const dir of [outside, path.join(root, 'art/store'), path.join(root, '../outside/x')]) {
      for (const [use, run] of Object.entries(everyUse(open({ dir })))) {
        await expect(run(), `${dir} ${use}`).rejects.toMatchObject({
          code: 'config',
          message: expect.stringContaining('is outside the project') as string,
        })
      }
    }
    expect(seenOutside()).toEqual(before)
  })

  test('a project that is reached through a link works', async () => {
    const { root, open } = placeWithBait()
    const link = `${root}-link`
    symlinkSync(root, link)
    const store = open({ dir: path.join(link, '.imagegen'), within: link })
    await keep(store, responseOf([await jpeg('teal')]))
    expect((await store.read([KEY])).lookup(KEY).candidates).toHaveLength(1)
    const mixed = open({ dir: path.join(link, '.imagegen'), within: root })
    expect((await mixed.read([KEY])).lookup(KEY).candidates).toHaveLength(1)
  })

  test('the store may be the root itself', async () => {
    const { root, open } = placeWithBait()
    writeFileSync(path.join(root, 'package.json'), '{}')
    const store = open({ dir: root })
    await keep(store, responseOf([await jpeg('teal')]))
    expect((await store.verify()).problems).toEqual([])
  })

  test('code can allow any store', async () => {
    const { dir, outside, open } = placeWithBait()
    symlinkSync(path.join(outside, 'shared'), dir)
    mkdirSync(path.join(outside, 'shared/elsewhere'), { recursive: true })
    symlinkSync('elsewhere', path.join(outside, 'shared/trash'))
    const store = open({ outside: true })
    await store.prepare()
    await keep(store, responseOf([await jpeg('teal')]))
    const { candidates } = (await store.read([KEY])).lookup(KEY)
    await store.trash(candidates)
    expect(readdirSync(path.join(outside, 'shared/elsewhere'))).toHaveLength(2)
  })
})

describe('a file of the store that is a link', () => {
  async function stored(): Promise<Place & { store: Store; original: string; receipt: string }> {
    const place = placeWithBait()
    const store = place.open()
    await keep(store, responseOf([await jpeg('teal')]))
    const original = (await store.read([KEY])).lookup(KEY).candidates[0]!.file
    return { ...place, store, original, receipt: original.replace(/\.jpg$/, '.json') }
  }

  test('an original that leads outside is damaged, and its target is never returned or moved', async () => {
    const { outside, store, original, warnings } = await stored()
    const target = path.join(outside, 'private.jpg')
    renameSync(original, target)
    symlinkSync(target, original)
    utimesSync(target, 1, 1)
    const [candidate] = (await store.read([KEY])).lookup(KEY).candidates
    expect(candidate).toMatchObject({
      bytes: 'damaged',
      problem: { message: expect.stringContaining('a link that leads outside the project') },
    })
    expect((await store.verify()).problems.map(({ kind }) => kind)).toEqual(['bytes-damaged'])
    await expect(store.readOriginal(candidate!)).rejects.toMatchObject({ code: 'damaged' })
    expect(lstatSync(target).mtimeMs).toBe(1000)
    expect(warnings).toEqual([])
  })

  test('an original that links inside is read, as git-annex stores them', async () => {
    const { root, store, original } = await stored()
    renameSync(original, path.join(root, 'object'))
    symlinkSync('../object', original)
    const [candidate] = (await store.read([KEY])).lookup(KEY).candidates
    expect(sha256(await store.readOriginal(candidate!))).toBe(candidate!.receipt.sha256)
  })

  test('a receipt that is a link is not followed', async () => {
    const { outside, store, receipt } = await stored()
    renameSync(receipt, path.join(outside, 'receipt.json'))
    symlinkSync(path.join(outside, 'receipt.json'), receipt)
    const { candidates, problems } = (await store.read([KEY])).lookup(KEY)
    expect(candidates).toEqual([])
    expect(problems).toMatchObject([
      { kind: 'receipt-damaged', message: expect.stringContaining('it is a link') },
    ])
  })

  test('a response that is a link is left alone with a warning, and its target keeps its date', async () => {
    const { dir, outside, seenOutside, store, warnings } = await stored()
    const name = `tomas.${OTHER_KEY.slice(0, 16)}.0123456789abcdef.json`
    symlinkSync(path.join(outside, 'settings.json'), path.join(dir, 'pending', name))
    const before = seenOutside()
    expect(await store.recover()).toEqual([])
    expect(warnings.join()).toContain(`.imagegen/pending/${name} is a link and was left alone`)
    expect(filesIn(dir, 'pending')).toEqual([name])
    expect(seenOutside()).toEqual(before)
  })

  test('a folder of unfinished files that is a link is left alone', async () => {
    const { dir, outside, seenOutside, store } = await stored()
    symlinkSync(outside, path.join(dir, 'pending', '0123456789ab-1-.tmp'))
    const before = seenOutside()
    expect(await store.recover()).toEqual([])
    expect(seenOutside()).toEqual(before)
    expect(filesIn(dir, 'pending')).toEqual(['0123456789ab-1-.tmp'])
  })

  test.runIf(existsSync('/dev/zero'))(
    'a lock or rate window that never ends does not block',
    async () => {
      const { dir, store } = await stored()
      const { signal } = new AbortController()
      mkdirSync(path.join(dir, 'locks'), { recursive: true })
      const rate = `rate-${sha256('account').slice(0, 16)}`
      for (const name of [`${KEY}.0123456789abcdef.lock`, `${rate}.json`]) {
        symlinkSync('/dev/zero', path.join(dir, 'locks', name))
      }
      const lock = await store.lock(KEY, { signal })
      expect(lock.waited).toBe(false)
      lock.release()
      await store.rateWindow({ account: 'account', requestsPerMinute: 60 }).take(signal)
      expect(lstatSync(path.join(dir, 'locks', `${rate}.json`)).isFile()).toBe(true)
    },
  )
})

test('files with names that the store does not use stay in its folders', async () => {
  const { dir, open } = placeWithBait()
  const store = open()
  await store.prepare()
  const mine: Record<(typeof PLACES)[number], string[]> = {
    pending: ['notes.json', 'kira.json', `kira.${SHORT}.json`, '0123456789ab-1-.tmp/notes.txt'],
    locks: ['old.failure', 'old.new', 'old.clock', 'notes.lock', 'a.b.c.new'],
    quarantine: ['notes.txt', 'kira.pending'],
    trash: ['notes.txt', 'kira.jpg', 'package.json', 'folder/kira.jpg'],
  }
  for (const [place, names] of Object.entries(mine)) {
    for (const name of names) {
      const file = path.join(dir, place, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, 'mine')
      utimesSync(file, 1, 1)
    }
  }
  utimesSync(path.join(dir, 'pending/0123456789ab-1-.tmp'), 1, 1)
  expect(await store.recover()).toEqual([])
  expect(await store.emptyTrash(0)).toEqual({ files: 0, bytes: 0 })
  const names = Object.entries(mine).flatMap(([place, own]) =>
    own.map((name) => `${place}/${name}`),
  )
  expect(names.filter((name) => !existsSync(path.join(dir, name)))).toEqual([])
})

test('purpose `look` leaves everything in place', async () => {
  const { dir, open } = placeWithBait()
  const making = open()
  await keep(making, responseOf([await jpeg('teal')], { key: OTHER_KEY }))
  await making.savePending(responseOf([await jpeg('red')]))
  writeFileSync(path.join(dir, 'pending', `kira.${SHORT}.0123456789abcdef.json`), 'damaged')
  const store = open({ purpose: 'look' })
  const [candidate] = (await store.read([OTHER_KEY])).lookup(OTHER_KEY).candidates
  writeFileSync(candidate!.file, 'damaged')
  const before = readdirSync(dir, { recursive: true })

  expect(await store.recover()).toEqual([])
  await expect(store.readOriginal(candidate!)).rejects.toMatchObject({
    code: 'damaged',
    message: expect.stringContaining('It stays where it is') as string,
  })
  await store.verify()
  const { problems } = (await store.read([KEY])).lookup(KEY)
  expect(problems.map(({ kind }) => kind)).toEqual(['response-pending', 'response-pending'])
  expect(readdirSync(dir, { recursive: true })).toEqual(before)
  expect(await making.recover()).toHaveLength(1)
})
