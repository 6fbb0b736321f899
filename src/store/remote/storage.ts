import { isRecord } from '../../shared/record.ts'

/**
 * A remote key-value storage: any unstorage driver, or a storage made of one. Declared by shape, so that every version
 * of unstorage fits, and anything that behaves alike.
 *
 * Items are never listed or removed: several drivers list only a part of them and do not say so.
 *
 * @see https://unstorage.unjs.io/drivers
 */
export interface RemoteStorage {
  hasItem(key: string, options: object): boolean | Promise<boolean>
  getItem(key: string, options: object): unknown
  getItemRaw?(key: string, options: object): unknown
  /** An item's size, where the driver knows it without reading the item. */
  getMeta?(key: string, options: object): unknown
  setItem?(key: string, value: string, options: object): unknown
  setItemRaw?(key: string, value: unknown, options: object): unknown
  /** Closes its connections. */
  dispose?(): unknown
}

/**
 * A storage, or a function that opens one. What it opens is closed when the work is done, and opened again for later
 * work.
 */
export type RemoteSource = RemoteStorage | (() => RemoteStorage | Promise<RemoteStorage>)

/** The prefix with which unstorage marks bytes in storages that accept only text. */
const BASE64 = 'base64:'

/** The largest item: the same limit as for a file that a manifest names. */
export const LONGEST_ITEM: number = 256 * 1024 * 1024

/** An item is larger than anything that was written there. */
export class OversizeError extends Error {
  constructor(key: string, size: number, most: number) {
    super(
      `The remote store's ${key} is damaged: it has ${size} bytes, but at most ${most} are expected.`,
    )
  }
}

/**
 * An item's size in bytes, where it is known before reading.
 *
 * @throws whatever the driver throws.
 */
export async function sizeOf(storage: RemoteStorage, key: string): Promise<number | undefined> {
  const meta = await storage.getMeta?.(key, { nativeOnly: true })
  const size = isRecord(meta) ? meta['size'] : undefined
  return typeof size === 'number' ? size : undefined
}

/**
 * Reads the bytes of an item, or returns `undefined`.
 *
 * @param most bytes.
 * @throws OversizeError, and whatever the driver throws.
 */
export async function readItem(
  storage: RemoteStorage,
  key: string,
  most: number = LONGEST_ITEM,
): Promise<Uint8Array | undefined> {
  const bytes = await readWhole(storage, key, most)
  if (bytes !== undefined && bytes.byteLength > most) {
    throw new OversizeError(key, bytes.byteLength, most)
  }
  return bytes
}

async function readWhole(
  storage: RemoteStorage,
  key: string,
  most: number,
): Promise<Uint8Array | undefined> {
  let value: unknown
  try {
    value = storage.getItemRaw ? await storage.getItemRaw(key, {}) : await storage.getItem(key, {})
  } catch (error) {
    // unstorage's HTTP driver throws a TypeError on a 404. `hasItem` tells whether it was one.
    if (error instanceof TypeError && !(await storage.hasItem(key, {}))) return undefined
    throw error
  }
  // Base64 is a third longer than its bytes.
  if (typeof value === 'string' && value.length > most * 1.4 + BASE64.length) {
    throw new OversizeError(key, value.length, most)
  }
  return bytesOf(value)
}

/**
 * Writes an item. Some drivers store nothing and report no error: only reading it back tells.
 *
 * @throws whatever the driver throws.
 */
export async function writeItem(
  storage: RemoteStorage,
  key: string,
  bytes: Uint8Array,
): Promise<void> {
  if (storage.setItemRaw) await storage.setItemRaw(key, bytes, {})
  else if (storage.setItem) {
    await storage.setItem(key, `${BASE64}${Buffer.from(bytes).toString('base64')}`, {})
  } else throw new Error('the driver cannot write')
}

/** The driver behind a storage. A driver is its own. */
export function driverOf(storage: RemoteStorage): object {
  const mount = callMethod(storage, 'getMount', '')
  const driver: unknown = isRecord(mount) ? mount['driver'] : undefined
  return typeof driver === 'object' && driver !== null ? driver : storage
}

/**
 * Keeps a driver's client from printing errors with their stacks. Redis clients print errors that have no listener;
 * callers still get the errors of their own operations.
 */
export function silenceClient(storage: RemoteStorage): void {
  const client = callMethod(driverOf(storage), 'getInstance')
  if (typeof client === 'object' && client !== null) callMethod(client, 'on', 'error', nothing)
}

function nothing(): void {
  // Operations report their own errors.
}

function callMethod(target: object, name: string, ...given: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(target, name)
  return typeof method === 'function' ? Reflect.apply(method, target, given) : undefined
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null || value === undefined) return undefined
  // unstorage's file system driver returns an error instead of throwing it.
  if (value instanceof Error) throw value
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (typeof value === 'string') {
    return value.startsWith(BASE64)
      ? Buffer.from(value.slice(BASE64.length), 'base64')
      : Buffer.from(value)
  }
  throw new Error('the driver answered with something other than bytes')
}
