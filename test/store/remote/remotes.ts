import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Driver } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { canonicalJson, sha256 } from '../../../src/shared/hash.ts'
import type { Logger } from '../../../src/shared/logger.ts'
import type { PendingResponse } from '../../../src/store/arrive/pending.ts'
import type { Receipt } from '../../../src/store/receipt.ts'
import type { RemoteSource } from '../../../src/store/remote/storage.ts'
import { openStore, type Store, type StorePurpose } from '../../../src/store/store.ts'
import type { PullOptions, PushOptions, TransferReport } from '../../../src/store/transfer.ts'
import { jpeg, keep, responseOf, temporaryFolder } from '../samples.ts'

/** One machine of a team: its own store, and the shared remote. */
export interface Machine {
  readonly store: Store
  readonly dir: string
  readonly warnings: readonly string[]
  /** Makes a picture as `generate` does. */
  make(subject: Subject, bytes: Uint8Array, changes?: Partial<PendingResponse>): Promise<Receipt>
  push(options?: Partial<PushOptions>): Promise<TransferReport>
  pull(keys?: readonly string[], options?: Partial<PullOptions>): Promise<TransferReport>
}

/** @param timeout milliseconds for one operation of the remote. */
export function machine(
  source: RemoteSource,
  {
    timeout = 30_000,
    dir = path.join(temporaryFolder(), '.imagegen'),
    purpose = 'make',
  }: { readonly timeout?: number; readonly dir?: string; readonly purpose?: StorePurpose } = {},
): Machine {
  const warnings: string[] = []
  const logger: Logger = {
    info: () => undefined,
    warn: (message) => warnings.push(message),
    error: (message) => warnings.push(message),
  }
  const store = openStore({ dir, logger, purpose, remote: { source, timeout, keyOf } })
  const control = { signal: new AbortController().signal, onProgress: () => undefined }
  return {
    store,
    dir,
    warnings,
    async make({ key, recipe }, bytes, changes) {
      await store.prepare()
      const { stored } = await keep(store, responseOf([bytes], { key, recipe, ...changes }))
      return stored[0]!
    },
    push: (options) => store.push({ ...control, isDry: false, isThorough: false, ...options }),
    pull: (keys = [], options) =>
      store.pull(
        { ...control, isDry: false, only: false, ...options },
        keys.map((key) => ({ key, candidates: 1 })),
      ),
  }
}

/** What a picture shows: a recipe, and its key. */
export interface Subject {
  readonly key: string
  readonly recipe: Receipt['recipe']
}

export function subject(prompt: string): Subject {
  const recipe = { prompt, provider: 'minimax', modelId: 'image-01' }
  return { key: keyOf(recipe), recipe }
}

function keyOf(recipe: Receipt['recipe']): string {
  return sha256(canonicalJson(recipe))
}

export const KIRA: Subject = subject('Portrait of Kira')
export const TOMAS: Subject = subject('Portrait of Tomas')

/** A picture that no other test has. */
export async function picture(seed: number): Promise<Buffer> {
  return jpeg(`#${((seed * 2654435761) % 0xffffff).toString(16).padStart(6, '0')}`)
}

/** A folder that several machines share. */
export function sharedFolder(base: string = temporaryFolder()): RemoteSource {
  return fsDriver({ base }) as Driver
}

/** The pictures and receipts of a machine, by name. */
export function contentOf({ dir }: Pick<Machine, 'dir'>): Record<string, string> {
  const files = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort()
  return Object.fromEntries(files.map((file) => [file, sha256(readFileSync(path.join(dir, file)))]))
}

/** The outcomes of a transfer: `{ moved: 2, present: 1 }`. */
export function outcomes({ transfers }: TransferReport): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of transfers) counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1
  return counts
}
