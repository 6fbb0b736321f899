import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { storeContract } from './contract.ts'
import { KEY, OTHER_KEY, jpeg, keep, responseOf, temporaryStore } from './samples.ts'

const never = new AbortController().signal

storeContract('a store in a folder', () => temporaryStore().store)

async function kindsOf(store: Store, key: string): Promise<string[]> {
  return (await store.read([key])).lookup(key).problems.map(({ kind }) => kind)
}

test('a response that its holder is about to store is not a problem', async () => {
  const { store } = temporaryStore()
  const lock = await store.lock(KEY, { signal: never })
  const pending = await store.savePending(responseOf([await jpeg('teal')]))
  expect(await kindsOf(store, KEY)).toEqual([])
  // The holder of another key does not vouch for it.
  const other = await store.lock(OTHER_KEY, { signal: never })
  lock.release()
  expect(await kindsOf(store, KEY)).toEqual(['response-pending'])
  other.release()
  await store.settle(pending)
  expect(await kindsOf(store, KEY)).toEqual([])
})

test('a response that an earlier holder could not store is seen by the next one', async () => {
  const { store, dir } = temporaryStore()
  const { file } = await store.savePending(responseOf([await jpeg('teal')]))
  // The file system's clock moves in steps, so the lock has to fall into a later step.
  const probe = path.join(dir, 'probe')
  mkdirSync(dir, { recursive: true })
  do {
    rmSync(probe, { force: true })
    writeFileSync(probe, '')
  } while (statSync(probe).birthtimeMs <= statSync(file).birthtimeMs)
  const lock = await store.lock(KEY, { signal: never })
  expect(await kindsOf(store, KEY)).toEqual(['response-pending'])
  lock.release()
})

test('a look while others store sees every key before or after, never in between', async () => {
  const { store } = temporaryStore()
  const bytes = await jpeg('teal')
  const work = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      const lock = await store.lock(KEY, { signal: never })
      await keep(store, responseOf([bytes], { responseId: String(round) }))
      lock.release()
      await store.trash((await store.read([KEY])).lookup(KEY).candidates)
      await store.emptyTrash(0)
    }
  }
  const seen: string[] = []
  const look = async (): Promise<'looked'> => {
    seen.push(...(await kindsOf(store, KEY)))
    const { problems } = await store.readKey({ key: KEY, candidates: 1 })
    seen.push(...problems.map(({ kind }) => kind))
    return await new Promise((resolve) => setImmediate(() => resolve('looked')))
  }
  const working = work()
  while ((await Promise.race([look(), working])) === 'looked');
  expect(seen).toEqual([])
})

test('unused pictures go to the trash and count as paid until it is emptied', async () => {
  const { store } = temporaryStore()
  await keep(store, responseOf([await jpeg('red')]))
  await keep(store, responseOf([await jpeg('green')], { key: OTHER_KEY }))
  const unused = await store.findUnused(new Set([KEY]))
  expect(unused.map(({ receipt }) => receipt.key)).toEqual([OTHER_KEY])
  await store.trash(unused)

  const snapshot = await store.read([KEY, OTHER_KEY])
  expect(snapshot.lookup(KEY).candidates).toHaveLength(1)
  expect(snapshot.lookup(OTHER_KEY).problems.map(({ kind }) => kind)).toEqual(['trashed'])
  expect(await store.findUnused(new Set([KEY]))).toEqual([])

  expect(await store.emptyTrash(60 * 60 * 1000)).toEqual({ files: 0, bytes: 0 })
  expect(await store.emptyTrash(0)).toMatchObject({ files: 2 })
  expect((await store.read([OTHER_KEY])).lookup(OTHER_KEY).problems).toEqual([])
})

test('pictures come back from the trash as they were, under whatever names they have there', async () => {
  const { store, dir } = temporaryStore()
  await keep(store, responseOf([await jpeg('red')]))
  const stored = contentsOf(dir)
  const name = Object.keys(stored).find((file) => file.endsWith('.jpg')) ?? ''
  // The name is taken there by what is no picture: the one that moves gets another.
  mkdirSync(path.join(dir, 'trash'), { recursive: true })
  writeFileSync(path.join(dir, 'trash', name), 'something else')
  await store.trash((await store.read([KEY])).lookup(KEY).candidates)
  expect(contentsOf(dir)).toEqual({})

  const { pictures, unusable } = (await store.read([KEY])).trashed()
  expect(unusable).toEqual([])
  expect(pictures).toMatchObject([{ bytes: 'present', receipt: { key: KEY } }])
  await store.restore(pictures)
  expect(contentsOf(dir)).toEqual(stored)
  expect((await store.read([KEY])).trashed().pictures).toEqual([])
  expect(await kindsOf(store, KEY)).toEqual([])
  // What is gone already is skipped.
  await store.restore(pictures)
  expect(contentsOf(dir)).toEqual(stored)
})

test('a picture whose return was interrupted is still in the trash, and restoring it again finishes', async () => {
  const { store, dir } = temporaryStore()
  await keep(store, responseOf([await jpeg('red')]))
  const stored = contentsOf(dir)
  await store.trash((await store.read([KEY])).lookup(KEY).candidates)
  const [{ file } = { file: '' }] = (await store.read([KEY])).trashed().pictures
  renameSync(file, path.join(dir, path.basename(file)))
  expect(await kindsOf(store, KEY)).toEqual(['receipt-absent'])
  const { pictures } = (await store.read([KEY])).trashed()
  expect(pictures).toMatchObject([{ bytes: 'absent' }])
  await store.restore(pictures)
  expect(contentsOf(dir)).toEqual(stored)
  expect(await kindsOf(store, KEY)).toEqual([])
})

test('only receipts that belong to their name count as trash of this store', async () => {
  const { store, dir } = temporaryStore()
  await keep(store, responseOf([await jpeg('red')]))
  await store.trash((await store.read([KEY])).lookup(KEY).candidates)
  const trash = path.join(dir, 'trash')
  const receipt = readdirSync(trash).find((file) => file.endsWith('.json')) ?? ''
  const text = readFileSync(path.join(trash, receipt), 'utf8')
  writeFileSync(path.join(trash, receipt.replace(/\.[0-9a-f]{8}\./, '.00000000.')), text)
  writeFileSync(path.join(trash, receipt), text.replace(/"width": \d+/, '"width": 1'))
  expect((await store.read([KEY])).trashed()).toEqual({ pictures: [], unusable: [] })
})

/** The files in a folder itself, by name. */
function contentsOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => [name, readFileSync(path.join(folder, name), 'base64')]),
  )
}
