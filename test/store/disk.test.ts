import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  KEY,
  filesIn,
  jpeg,
  keep,
  responseOf,
  rootFiles,
  temporaryFolder,
  temporaryStore,
} from './samples.ts'

/** Runs an action as a user with restricted permissions; root ignores permissions. */
async function asOrdinaryUser<Result>(action: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return await action()
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}

/** A file system of a few pages, where this user may mount one. */
function tinyDisk(): string | undefined {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=777', 'tmpfs', folder], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', [folder]))
  return folder
}

test('opening, reading and planning write nothing', async () => {
  const { store, dir } = temporaryStore()
  await store.read([KEY])
  await store.recover()
  await store.verify()
  await store.findUnused(new Set())
  await store.emptyTrash(0)
  expect(existsSync(dir)).toBe(false)
})

test('the first write creates the folders and the .gitignore for local folders', async () => {
  const { store, dir } = temporaryStore()
  await store.prepare()
  const ignored = readFileSync(path.join(dir, '.gitignore'), 'utf8').split('\n')
  expect(ignored).toEqual(
    expect.arrayContaining(['types/', 'pending/', 'locks/', 'quarantine/', 'trash/']),
  )
  await keep(store, responseOf([await jpeg('teal')]))
  const lock = await store.lock(KEY, { signal: new AbortController().signal })
  lock.release()
  execFileSync('git', ['init', '--quiet', path.dirname(dir)])
  const seen = execFileSync('git', ['-C', dir, 'status', '--porcelain', '-uall', '.'], {
    encoding: 'utf8',
  })
  const committed = seen
    .trim()
    .split('\n')
    .map((line) => path.basename(line.slice(3)))
  expect(committed.sort()).toEqual(['.gitignore', ...rootFiles(dir)].sort())
})

test('an existing .gitignore is not changed', async () => {
  const { store, dir } = temporaryStore()
  mkdirSync(dir)
  writeFileSync(path.join(dir, '.gitignore'), '*\n')
  await store.prepare()
  expect(readFileSync(path.join(dir, '.gitignore'), 'utf8')).toBe('*\n')
})

test('a read-only folder is reported before anything is spent, and can be read', async () => {
  const { store, dir } = temporaryStore()
  const bytes = await jpeg('teal')
  await keep(store, responseOf([bytes]))
  chmodSync(path.dirname(dir), 0o755)
  for (const folder of [dir, path.join(dir, 'pending')]) chmodSync(folder, 0o555)
  onTestFinished(() => {
    for (const folder of [dir, path.join(dir, 'pending')]) chmodSync(folder, 0o755)
  })
  await asOrdinaryUser(async () => {
    await expect(store.prepare()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('write access') as string,
    })
    const signal = new AbortController().signal
    await expect(store.lock(KEY, { signal })).rejects.toMatchObject({ code: 'unavailable' })
    const { candidates } = (await store.read([KEY])).lookup(KEY)
    expect(Buffer.from(await store.readOriginal(candidates[0]!))).toEqual(bytes)
    await expect(store.trash(candidates)).rejects.toMatchObject({ code: 'unavailable' })
  })
  expect(rootFiles(dir)).toHaveLength(2)
})

test('damage in a read-only folder is reported', async () => {
  const { store, dir } = temporaryStore()
  await keep(store, responseOf([await jpeg('teal')]))
  const { candidates } = (await store.read([KEY])).lookup(KEY)
  writeFileSync(candidates[0]!.file, 'damaged')
  chmodSync(path.dirname(dir), 0o755)
  chmodSync(dir, 0o555)
  onTestFinished(() => chmodSync(dir, 0o755))
  await asOrdinaryUser(async () => {
    await expect(store.readOriginal(candidates[0]!)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('stays where it is') as string,
    })
  })
})

test('a response that cannot be stored now causes a warning and is stored later', async () => {
  const { store, dir, warnings } = temporaryStore()
  await store.savePending(responseOf([await jpeg('teal')]))
  chmodSync(path.dirname(dir), 0o755)
  chmodSync(dir, 0o555)
  onTestFinished(() => chmodSync(dir, 0o755))
  await asOrdinaryUser(async () => {
    expect(await store.recover()).toEqual([])
  })
  expect(warnings.join()).toContain('Cannot write')
  const { problems } = (await store.read([KEY])).lookup(KEY)
  expect(problems.map(({ kind }) => kind)).toEqual(['response-pending'])

  chmodSync(dir, 0o755)
  expect(await store.recover()).toHaveLength(1)
})

test('a store that is a file is an error', async () => {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, '.imagegen'), '')
  const { store } = temporaryStore(path.join(folder, '.imagegen'))
  await expect(store.prepare()).rejects.toMatchObject({ code: 'unavailable' })
  await expect(store.trash([])).resolves.toBeUndefined()
})

test('a full disk stops spending, and an arrived response is kept elsewhere', async () => {
  const disk = tinyDisk()
  // Where no file system can be mounted, a folder in the way has the same effect as a full disk.
  const dir = path.join(disk ?? temporaryFolder(), '.imagegen')
  const { store } = temporaryStore(dir)
  if (disk === undefined) {
    mkdirSync(dir)
    writeFileSync(path.join(dir, 'pending'), '')
  }
  await expect(store.prepare()).rejects.toMatchObject({ code: 'unavailable' })

  const roomy = temporaryStore()
  const elsewhere = temporaryFolder()
  const { TMPDIR, TEMP } = process.env
  Object.assign(process.env, { TMPDIR: elsewhere, TEMP: elsewhere })
  onTestFinished(() => {
    for (const [name, value] of Object.entries({ TMPDIR, TEMP })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  const bytes = await jpeg('teal', 512, 512)
  const response = responseOf([bytes], { metadata: { padding: 'x'.repeat(200_000) } })
  await expect(store.savePending(response)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(elsewhere) as string,
  })
  expect(existsSync(dir) ? rootFiles(dir).filter((name) => name !== 'pending') : []).toEqual([])
  expect(filesIn(dir, 'pending')).toEqual([])

  // As the hint says: moved to a store with room, the response becomes a picture.
  await roomy.store.prepare()
  const [saved] = readdirSync(elsewhere)
  const target = path.join(roomy.dir, 'pending', saved!)
  writeFileSync(target, readFileSync(path.join(elsewhere, saved!)))
  const [settlement] = await roomy.store.recover()
  expect(settlement?.stored).toHaveLength(1)
})
