import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { sha256 } from '../../src/shared/hash.ts'
import type { Logger } from '../../src/shared/logger.ts'
import type { PendingResponse } from '../../src/store/arrive/pending.ts'
import { openStore, type Store } from '../../src/store/store.ts'

export const KEY: string = sha256('kira')
export const OTHER_KEY: string = sha256('tomas')
export const TIME = '2026-11-22T08:00:00.000Z'

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'imagegen-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface OpenedStore {
  readonly store: Store
  readonly dir: string
  readonly warnings: string[]
}

/** A store in a folder that does not exist yet. */
export function temporaryStore(
  dir: string = path.join(temporaryFolder(), '.imagegen'),
): OpenedStore {
  const warnings: string[] = []
  const logger: Logger = {
    info: () => undefined,
    warn: (message) => warnings.push(message),
    error: (message) => warnings.push(message),
  }
  return { store: openStore({ dir, logger }), dir, warnings }
}

/** A picture of one colour. Each colour gives different bytes. */
export async function jpeg(background: string, width = 64, height = 64): Promise<Buffer> {
  const create = { width, height, channels: 3, background } as const
  return await sharp({ create }).jpeg().toBuffer()
}

export function responseOf(
  images: readonly Uint8Array[],
  changes: Partial<PendingResponse> = {},
): PendingResponse {
  return {
    version: 1,
    key: KEY,
    recipe: { prompt: 'Portrait of Kira', modelId: 'image-01', provider: 'minimax' },
    name: 'kira',
    requested: images.length,
    seed: 7,
    inputs: [{ reference: './face.png', sha256: sha256('face') }],
    provider: 'minimax',
    model: 'image-01',
    responseId: '06267856a7fcc41ace4fad17a3de1b5d',
    usd: 0.0035,
    time: TIME,
    images: images.map((bytes) => Buffer.from(bytes).toString('base64')),
    expected: { aspectRatio: 1, size: null },
    warnings: [],
    metadata: {},
    ...changes,
  }
}

/** Stores a response the usual way. */
export async function keep(store: Store, response: PendingResponse): ReturnType<Store['settle']> {
  return await store.settle(await store.savePending(response))
}

/** The pictures and receipts in a store's root. */
export function rootFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.gitignore')
    .map((entry) => entry.name)
    .sort()
}

/** The files in a folder of the store. Empty where the folder does not exist. */
export function filesIn(dir: string, folder: string): string[] {
  try {
    return readdirSync(path.join(dir, folder), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort()
  } catch {
    return []
  }
}
