import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { readItem, writeItem, type RemoteStorage } from '../../../src/store/remote/storage.ts'

const BYTES = Buffer.from([0, 255, 10, 13, 128])

function answering(value: unknown): RemoteStorage {
  return { hasItem: () => true, getItem: () => value }
}

describe('a storage', () => {
  it.each([
    ['a buffer', BYTES],
    ['an ArrayBuffer', new Uint8Array(BYTES).buffer],
    ['marked text', `base64:${BYTES.toString('base64')}`],
  ])('may answer with %s', async (_, value) => {
    expect(Buffer.from((await readItem(answering(value), 'key'))!)).toEqual(BYTES)
  })

  it.each([null, undefined])('has no item if it answers with %s', async (value) => {
    expect(await readItem(answering(value), 'key')).toBeUndefined()
  })

  it('fails where it returns an error', async () => {
    const denied = Object.assign(new Error('permission denied'), { code: 'EACCES' })
    await expect(readItem(answering(denied), 'key')).rejects.toBe(denied)
    await expect(readItem(answering({ a: 1 }), 'key')).rejects.toThrow('something other than bytes')
  })

  it('that throws for a missing item is asked whether the item exists', async () => {
    const tripping = (isThere: boolean): RemoteStorage => ({
      hasItem: () => isThere,
      getItem: () => null,
      getItemRaw: () => Promise.reject(new TypeError("Cannot read properties of null ('_data')")),
    })
    expect(await readItem(tripping(false), 'key')).toBeUndefined()
    await expect(readItem(tripping(true), 'key')).rejects.toThrow('_data')
  })

  it('gives the same bytes whether it accepts only text or bytes', async () => {
    const items = new Map<string, string>()
    const driver = {
      name: 'text',
      hasItem: (key: string) => items.has(key),
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      getKeys: () => [...items.keys()],
    }
    await writeItem(driver, 'originals:one', BYTES)
    const storage: RemoteStorage = createStorage({ driver })
    expect(Buffer.from((await readItem(storage, 'originals:one'))!)).toEqual(BYTES)
    await writeItem(storage, 'originals:two', BYTES)
    expect(Buffer.from((await readItem(driver, 'originals:two'))!)).toEqual(BYTES)
  })

  it('without a write method says so', async () => {
    await expect(writeItem(answering(null), 'key', BYTES)).rejects.toThrow('cannot write')
    const storage: RemoteStorage = createStorage({ driver: memoryDriver() })
    await writeItem(storage, 'key', BYTES)
    expect(await readItem(storage, 'key')).toEqual(BYTES)
  })
})
