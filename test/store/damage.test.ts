import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digest, sha256 } from '../../src/shared/hash.ts'
import type { KeyRecord } from '../../src/store/read/snapshot.ts'
import type { Store } from '../../src/store/store.ts'
import type { StoreProblemKind } from '../../src/store/store-problem.ts'
import {
  KEY,
  OTHER_KEY,
  filesIn,
  jpeg,
  keep,
  responseOf,
  rootFiles,
  temporaryStore,
} from './samples.ts'

interface Damaged {
  readonly store: Store
  readonly dir: string
  readonly warnings: string[]
  readonly bytes: Buffer
  /** The path of the original. */
  readonly original: string
  /** The path of its receipt. */
  readonly receipt: string
}

/** A store with one picture, for a test to damage. */
async function storeWithPicture(): Promise<Damaged> {
  const opened = temporaryStore()
  const bytes = await jpeg('teal')
  await keep(opened.store, responseOf([bytes]))
  const [original, receipt] = rootFiles(opened.dir).map((file) => path.join(opened.dir, file))
  return { ...opened, bytes, original: original!, receipt: receipt! }
}

async function lookup(store: Store, key: string = KEY): Promise<KeyRecord> {
  const record = (await store.read([key])).lookup(key)
  expect(await store.readKey({ key, candidates: 1 })).toEqual(record)
  return record
}

/** The kinds of all problems of the key. */
async function kindsOf(store: Store, key: string = KEY): Promise<StoreProblemKind[]> {
  const { candidates, problems } = await lookup(store, key)
  const all = [...candidates.map(({ problem }) => problem), ...problems]
  return all.flatMap((problem) => problem?.kind ?? [])
}

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256('x')}\nsize 210000\n`

describe('a receipt proves payment, whatever was damaged', () => {
  test.each<[string, StoreProblemKind, (files: Damaged) => void]>([
    ['original deleted', 'bytes-absent', ({ original }) => rmSync(original)],
    ['original truncated', 'bytes-damaged', ({ original }) => truncateSync(original, 100)],
    ['original emptied', 'bytes-damaged', ({ original }) => truncateSync(original, 0)],
    [
      'original an LFS pointer',
      'bytes-lfs-pointer',
      ({ original }) => writeFileSync(original, POINTER),
    ],
    [
      'original a folder',
      'bytes-damaged',
      ({ original }) => {
        rmSync(original)
        mkdirSync(original)
      },
    ],
    [
      'original a dangling link',
      'bytes-absent',
      ({ original }) => {
        rmSync(original)
        symlinkSync('nowhere', original)
      },
    ],
    ['receipt deleted', 'receipt-absent', ({ receipt }) => rmSync(receipt)],
    ['receipt truncated', 'receipt-damaged', ({ receipt }) => truncateSync(receipt, 100)],
    ['receipt emptied', 'receipt-damaged', ({ receipt }) => truncateSync(receipt, 0)],
    ['receipt endless', 'receipt-damaged', ({ receipt }) => truncateSync(receipt, 1e9)],
    [
      'receipt a folder',
      'receipt-damaged',
      ({ receipt }) => {
        rmSync(receipt)
        mkdirSync(receipt)
      },
    ],
    [
      'receipt a link to nothing',
      'receipt-damaged',
      ({ receipt }) => {
        rmSync(receipt)
        symlinkSync('nowhere', receipt)
      },
    ],
    [
      'receipt of the future',
      'receipt-version',
      ({ receipt }) => writeFileSync(receipt, '{"version":3}'),
    ],
    [
      'receipt with a conflict',
      'receipt-conflict',
      ({ receipt }) => writeFileSync(receipt, '<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n'),
    ],
    [
      'receipt of another key',
      'receipt-mismatch',
      ({ receipt }) => edit(receipt, { key: OTHER_KEY }),
    ],
    [
      'receipt an LFS pointer',
      'receipt-lfs-pointer',
      ({ receipt }) => writeFileSync(receipt, POINTER),
    ],
    [
      'receipt of other bytes',
      'receipt-mismatch',
      ({ receipt }) => edit(receipt, { sha256: sha256('x') }),
    ],
    ['receipt with another size', 'bytes-damaged', ({ receipt }) => edit(receipt, { bytes: 5 })],
    [
      'receipt with another type',
      'bytes-absent',
      ({ receipt }) => edit(receipt, { mediaType: 'image/png' }),
    ],
    [
      'both under another name',
      'receipt-misnamed',
      ({ dir, original, receipt }) => {
        renameSync(original, path.join(dir, 'kira.jpg'))
        renameSync(receipt, path.join(dir, 'kira.json'))
      },
    ],
  ])('%s: %s', async (_, kind, damage) => {
    const files = await storeWithPicture()
    damage(files)
    expect(await kindsOf(files.store)).toEqual([kind])
    const { problems } = await files.store.verify()
    expect(problems.map((problem) => problem.kind)).toContain(kind)
    for (const problem of problems) {
      expect(problem.message).toContain('.imagegen/')
      expect(problem.hint).not.toBe('')
    }
    // Looking changes nothing.
    expect(filesIn(files.dir, 'quarantine')).toEqual([])
  })

  test('a receipt whose key only starts the same does not belong to the key', async () => {
    const { store, receipt } = await storeWithPicture()
    edit(receipt, { key: KEY.slice(0, 16) + OTHER_KEY.slice(16) })
    expect(await kindsOf(store)).toEqual(['receipt-mismatch'])
  })

  test.runIf(process.platform !== 'win32')(
    'a pipe in place of a receipt does not block',
    async () => {
      const { store, receipt } = await storeWithPicture()
      rmSync(receipt)
      execFileSync('mkfifo', [receipt])
      expect(await kindsOf(store)).toEqual(['receipt-damaged'])
    },
  )

  test('files that other programs put into the store are left alone', async () => {
    const { store, dir } = await storeWithPicture()
    for (const name of ['README.md', 'notes.json', '.DS_Store', 'kira.jpg.orig']) {
      writeFileSync(path.join(dir, name), '{}')
    }
    expect(await kindsOf(store)).toEqual([])
    expect(await lookup(store, OTHER_KEY)).toMatchObject({ candidates: [], problems: [] })
    expect((await store.verify()).problems).toEqual([])
  })

  test('a renamed entry finds its picture', async () => {
    const { store, original, receipt } = await storeWithPicture()
    for (const file of [original, receipt]) renameSync(file, file.replace('kira.', 'hero.'))
    expect(await lookup(store)).toMatchObject({ candidates: [{ bytes: 'present' }], problems: [] })
  })

  test('equal bytes under two names are one candidate: the one whose bytes are present', async () => {
    const { store, original, receipt } = await storeWithPicture()
    for (const file of [original, receipt]) copyFileSync(file, file.replace('kira.', 'hero.'))
    rmSync(original)
    expect(await lookup(store)).toMatchObject({
      candidates: [{ bytes: 'present', file: original.replace('kira.', 'hero.') }],
      problems: [],
    })
  })
})

test('a flipped bit anywhere in a store is found or changes nothing', async () => {
  const { store, original, receipt, bytes } = await storeWithPicture()
  const intact = [original, receipt].map((file) => ({ file, content: readFileSync(file) }))
  const places = fc.record({
    file: fc.constantFrom(...intact),
    place: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    bit: fc.integer({ min: 0, max: 7 }),
  })
  await fc.assert(
    fc.asyncProperty(places, async ({ file: { file, content }, place, bit }) => {
      const flipped = Buffer.from(content)
      flipped[Math.floor(place * flipped.length)]! ^= 1 << bit
      writeFileSync(file, flipped)
      try {
        const { problems } = await store.verify()
        if (file === original) expect(problems.map(({ kind }) => kind)).toEqual(['bytes-damaged'])
        if (problems.length > 0) return
        const { candidates } = await lookup(store)
        expect(Buffer.from(await store.readOriginal(candidates[0]!))).toEqual(bytes)
      } finally {
        writeFileSync(file, content)
      }
    }),
    { numRuns: 300 },
  )
})

test('links that lead nowhere do not block a look at the store', async () => {
  const { store, dir } = await storeWithPicture()
  const name = `kira.${KEY.slice(0, 16)}.0123456789abcdef.json`
  symlinkSync('nowhere', path.join(dir, 'pending', name))
  expect(await kindsOf(store)).toEqual(['response-pending'])
})

describe('reading an original', () => {
  test('a flipped bit is found, and the original is quarantined and never returned', async () => {
    const { store, dir, original, bytes } = await storeWithPicture()
    const [candidate] = (await lookup(store)).candidates
    const flipped = Buffer.from(bytes)
    flipped[200]! ^= 1
    writeFileSync(original, flipped)
    // The size is right, so only reading the file shows the damage.
    expect(await kindsOf(store)).toEqual([])
    expect((await store.verify()).problems.map(({ kind }) => kind)).toEqual(['bytes-damaged'])

    await expect(store.readOriginal(candidate!)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(`moved to .imagegen/quarantine/`) as string,
    })
    expect(await kindsOf(store)).toEqual(['bytes-absent'])
    const [moved, report] = filesIn(dir, 'quarantine')
    expect(readFileSync(path.join(dir, 'quarantine', moved!))).toEqual(flipped)
    expect(JSON.parse(readFileSync(path.join(dir, 'quarantine', report!), 'utf8'))).toMatchObject({
      what: expect.stringContaining('kira') as string,
      advice: expect.stringContaining('Restore') as string,
    })
  })

  test('damage that occurs twice is kept twice', async () => {
    const { store, dir, original } = await storeWithPicture()
    const [candidate] = (await lookup(store)).candidates
    for (const text of ['one', 'two']) {
      writeFileSync(original, text)
      await expect(store.readOriginal(candidate!)).rejects.toMatchObject({ code: 'damaged' })
    }
    expect(filesIn(dir, 'quarantine')).toHaveLength(4)
  })

  test('an LFS pointer stays where it is', async () => {
    const { store, original } = await storeWithPicture()
    const [candidate] = (await lookup(store)).candidates
    writeFileSync(original, POINTER)
    await expect(store.readOriginal(candidate!)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('git lfs pull') as string,
    })
    expect(readFileSync(original, 'utf8')).toBe(POINTER)
  })

  test('an absent original says how to restore it', async () => {
    const { store, original } = await storeWithPicture()
    const [candidate] = (await lookup(store)).candidates
    rmSync(original)
    await expect(store.readOriginal(candidate!)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('imagegen pull') as string,
    })
  })
})

test('a long text that only looks like base64 is rejected quickly', async () => {
  const { store } = temporaryStore()
  const text = `${' '.repeat(3_000_000)}%`
  const { unusable } = await keep(store, { ...responseOf([], { requested: 1 }), images: [text] })
  expect(unusable).toHaveLength(1)
})

describe('a pending response that is damaged', () => {
  test.each([
    ['truncated', (file: string) => truncateSync(file, 100)],
    ['hostile', (file: string) => writeFileSync(file, '{"version":1,"key":"../../x"}')],
    [
      'a folder',
      (file: string) => {
        rmSync(file)
        mkdirSync(file)
      },
    ],
  ])('%s: the response is kept and its key stays paid for', async (_, damage) => {
    const { store, dir, warnings } = temporaryStore()
    const { file } = await store.savePending(responseOf([await jpeg('teal')]))
    damage(file)
    expect(await store.recover()).toEqual([])
    expect(warnings.join()).toContain('cannot be read')
    expect(existsSync(file)).toBe(false)
    expect(await kindsOf(store)).toEqual(['response-damaged'])
    expect((await store.verify()).problems.map(({ kind }) => kind)).toEqual(['response-damaged'])
    expect(filesIn(dir, 'quarantine').some((name) => name.endsWith('.report.json'))).toBe(true)
  })

  test('a response that cannot be read is not stored', async () => {
    const { store } = temporaryStore()
    const pending = await store.savePending(responseOf([await jpeg('teal')], { usd: -1 }))
    await expect(store.settle(pending)).rejects.toMatchObject({ code: 'damaged' })
    expect(await kindsOf(store)).toEqual(['response-damaged'])
  })

  test('a response without pictures is kept as a proof and blocks nothing', async () => {
    const { store, dir } = temporaryStore()
    expect(await keep(store, responseOf([], { requested: 1 }))).toMatchObject({ stored: [] })
    expect(filesIn(dir, 'quarantine')).toHaveLength(2)
    expect(await lookup(store)).toMatchObject({ candidates: [], problems: [] })
  })

  test('a name or id with terminal controls does not keep a picture out of the store', async () => {
    const { store } = temporaryStore()
    const changes = { name: 'ki\u001B[2Jra', responseId: '\u202E'.repeat(9000) }
    const { stored } = await keep(store, responseOf([await jpeg('teal')], changes))
    expect(stored).toMatchObject([{ name: 'ki[2Jra', responseId: '' }])
  })
})

describe('paid bytes that cannot be used', () => {
  test('they are kept with their response, without the other pictures', async () => {
    const { store, dir } = temporaryStore()
    const html = '<html>no picture</html>'
    const response = responseOf([Buffer.from(html), await jpeg('teal')], {
      metadata: { trace: 'abc' },
    })
    const { unusable } = await keep(store, response)
    expect(readFileSync(path.join(path.dirname(dir), unusable[0]!.file), 'utf8')).toBe(html)
    const report = filesIn(dir, 'quarantine').find((name) => name.endsWith('.report.json'))
    const text = readFileSync(path.join(dir, 'quarantine', report!), 'utf8')
    expect(JSON.parse(text)).toMatchObject({
      what: 'Picture 1 of 2 that arrived for kira.',
      why: 'the bytes are not a picture',
      response: { key: KEY, metadata: { trace: 'abc' } },
    })
    expect(text).not.toContain(response.images[1])
  })

  test('text that is not base64 is kept unchanged', async () => {
    const { store, dir } = temporaryStore()
    const { unusable } = await keep(store, {
      ...responseOf([], { requested: 1 }),
      images: ['%%% not base64 %%%'],
    })
    const kept = path.join(path.dirname(dir), unusable[0]!.file)
    expect(readFileSync(kept, 'utf8')).toBe('%%% not base64 %%%')
  })
})

describe('settling beside damaged files', () => {
  test('other files under the wanted name stay', async () => {
    const { store, original, receipt, bytes } = await storeWithPicture()
    writeFileSync(original, 'not the picture')
    writeFileSync(receipt, 'not a receipt')
    await keep(store, responseOf([bytes]))
    expect(readFileSync(original, 'utf8')).toBe('not the picture')
    expect(readFileSync(receipt, 'utf8')).toBe('not a receipt')
    const { candidates } = await lookup(store)
    expect(candidates).toMatchObject([{ bytes: 'present' }])
    expect(path.basename(candidates[0]!.file)).toMatch(/^kira-2\./)
  })

  test('folders under the wanted name do not stop settling', async () => {
    const { store, original, receipt, bytes } = await storeWithPicture()
    for (const file of [original, receipt]) {
      rmSync(file)
      mkdirSync(file)
    }
    await keep(store, responseOf([bytes]))
    expect(await lookup(store)).toMatchObject({ candidates: [{ bytes: 'present' }] })
  })

  test('lost bytes are restored when the same picture arrives again', async () => {
    const { store, original, bytes } = await storeWithPicture()
    for (const damage of [
      () => rmSync(original),
      () => writeFileSync(original, 'x'),
      () => writeFileSync(original, POINTER),
    ]) {
      damage()
      const { duplicates } = await keep(store, responseOf([bytes], { responseId: 'b' }))
      expect(duplicates).toEqual([sha256(bytes)])
      expect(readFileSync(original)).toEqual(bytes)
      expect(await kindsOf(store)).toEqual([])
    }
  })
})

describe('replacing lost pictures', () => {
  test.each<[string, (files: Damaged) => void]>([
    ['a deleted original', ({ original }) => rmSync(original)],
    ['a truncated original', ({ original }) => truncateSync(original, 9)],
    ['an LFS pointer', ({ original }) => writeFileSync(original, POINTER)],
    ['a damaged receipt', ({ receipt }) => writeFileSync(receipt, '{')],
    ['a deleted receipt', ({ receipt }) => rmSync(receipt)],
  ])('%s goes to the trash once a new picture is there', async (_, damage) => {
    const files = await storeWithPicture()
    damage(files)
    const before = await lookup(files.store)
    await expect(files.store.retire(before)).rejects.toMatchObject({ code: 'unavailable' })
    const remains = rootFiles(files.dir)

    const fresh = await jpeg('red')
    await keep(files.store, responseOf([fresh], { seed: 8, time: '2026-11-22T10:00:00.000Z' }))
    const moved = await files.store.retire(before)
    expect(moved.map((file) => path.basename(file)).sort()).toEqual(remains)
    expect(filesIn(files.dir, 'trash')).toEqual(remains)
    expect(await lookup(files.store)).toMatchObject({
      candidates: [{ receipt: { sha256: sha256(fresh) } }],
      problems: [],
    })
  })

  test('the same picture counts as a replacement too', async () => {
    const { store, original, bytes, dir } = await storeWithPicture()
    rmSync(original)
    const before = await lookup(store)
    await keep(store, responseOf([bytes], { responseId: 'b' }))
    expect(await store.retire(before)).toEqual([])
    expect(await kindsOf(store)).toEqual([])
    expect(filesIn(dir, 'trash')).toEqual([])
  })

  test('a damaged response goes to the trash with its report', async () => {
    const { store, dir } = temporaryStore()
    const { file } = await store.savePending(responseOf([await jpeg('teal')]))
    truncateSync(file, 50)
    await store.recover()
    const before = await lookup(store)
    await keep(store, responseOf([await jpeg('red')]))
    expect(await store.retire(before)).toHaveLength(2)
    expect(await kindsOf(store)).toEqual([])
    expect(filesIn(dir, 'quarantine')).toEqual([])
  })
})

/** Changes fields of a receipt and writes the right checksum. */
function edit(receipt: string, changes: object): void {
  const { checksum, ...content } = JSON.parse(readFileSync(receipt, 'utf8')) as { checksum: string }
  const edited = { ...content, ...changes }
  writeFileSync(receipt, JSON.stringify({ ...edited, checksum: digest(edited) }))
  expect(checksum).toBe(digest(content))
}
