import { isRecord } from '../../shared/record.ts'

/**
 * A key-value storage elsewhere: any driver of unstorage, or a storage made of one. Declared by shape, so that any
 * version of it fits, and anything else that behaves alike.
 *
 * Nothing is ever listed or removed: several drivers list a part of what there is, and say nothing of it.
 *
 * @see https://unstorage.unjs.io/drivers
 */
export interface RemoteStorage {
  hasItem(key: string, options: object): boolean | Promise<boolean>
  getItem(key: string, options: object): unknown
  getItemRaw?(key: string, options: object): unknown
  /** Its size, where the driver knows it without reading the item. */
  getMeta?(key: string, options: object): unknown
  setItem?(key: string, value: string, options: object): unknown
  setItemRaw?(key: string, value: unknown, options: object): unknown
  /** Ends its connections. */
  dispose?(): unknown
}

/** A storage, or a function that opens one. What it opens is closed when the work is done, and opened anew after that. */
export type RemoteSource = RemoteStorage | (() => RemoteStorage | Promise<RemoteStorage>)

/** How unstorage marks bytes that it keeps in storages that take text only. */
const BASE64 = 'base64:'

/** What no item exceeds: as much as a file that a manifest names. */
export const LONGEST_ITEM: number = 256 * 1024 * 1024

/** An item has more bytes than anybody wrote there. */
export class OversizeError extends Error {
  constructor(key: string, size: number, most: number) {
    super(`The remote store's ${key} is damaged: it has ${size} bytes, of at most ${most}.`)
  }
}

/**
 * The size of an item whose size is known before it is read, in bytes.
 *
 * @throws whatever the driver does.
 */
export async function sizeOf(storage: RemoteStorage, key: string): Promise<number | undefined> {
  const meta = await storage.getMeta?.(key, { nativeOnly: true })
  const size = isRecord(meta) ? meta['size'] : undefined
  return typeof size === 'number' ? size : undefined
}

/**
 * The bytes under a key, or nothing.
 *
 * @param most bytes.
 * @throws OversizeError, and whatever the driver does.
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
    // unstorage's HTTP driver trips over a 404; whether it was one is what it says when asked.
    if (error instanceof TypeError && !(await storage.hasItem(key, {}))) return undefined
    throw error
  }
  // Base64 is a third longer than its bytes.
  if (typeof value === 'string' && value.length > most * 1.4 + BASE64.length) {
    throw new OversizeError(key, value.length, most)
  }
  return bytesOf(value)
}

/** @throws whatever the driver does. Some say nothing where they store nothing: only reading again tells. */
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

/** What is behind a storage; a driver is itself. */
export function driverOf(storage: RemoteStorage): object {
  const mount = callMethod(storage, 'getMount', '')
  const driver: unknown = isRecord(mount) ? mount['driver'] : undefined
  return typeof driver === 'object' && driver !== null ? driver : storage
}

/**
 * Keeps a driver's client from printing errors with their stacks: Redis clients print what nobody listens for. Whoever
 * asks for something is told.
 */
export function silenceClient(storage: RemoteStorage): void {
  const client = callMethod(driverOf(storage), 'getInstance')
  if (typeof client === 'object' && client !== null) callMethod(client, 'on', 'error', nothing)
}

function nothing(): void {
  // What a client says of itself.
}

function callMethod(target: object, name: string, ...given: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(target, name)
  return typeof method === 'function' ? Reflect.apply(method, target, given) : undefined
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null || value === undefined) return undefined
  // unstorage's file system driver hands out what it could not read for.
  if (value instanceof Error) throw value
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (typeof value === 'string') {
    return value.startsWith(BASE64)
      ? Buffer.from(value.slice(BASE64.length), 'base64')
      : Buffer.from(value)
  }
  throw new Error('the driver answered with something that is no bytes')
}
