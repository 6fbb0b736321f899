import path from 'node:path'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { digest } from '../shared/hash.ts'
import type { RemoteOptions } from '../store/remote/remote.ts'

/** The options that decide which images exist and which keys they have. */
export interface KeyOptions {
  /** Absolute. */
  readonly root: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly models: ReadonlyMap<string, ResolvedModel>
  /** As written; checked where manifests are read. */
  readonly defaults: Readonly<Record<string, unknown>>
  readonly vars: ReadonlyMap<string, string>
  /** Absolute. */
  readonly storeDir: string
  /** The remote that machines share. */
  readonly remote: RemoteOptions | undefined
}

/**
 * A digest of each option that decides keys, by the option's name. A command with other options than the build would
 * generate other images.
 *
 * @param cacheDir absolute; the digests are written there.
 */
export function fingerprintOf(
  options: KeyOptions,
  cacheDir: string,
): Readonly<Record<string, string>> {
  const models = Object.fromEntries(
    [...options.models].map(([name, { provider, modelId }]) => [name, [provider, modelId]]),
  )
  return {
    // Relative to the cache, so that a checkout may move. Two roots that share a cache still differ.
    root: digest(path.relative(cacheDir, options.root)),
    include: digest(options.include),
    exclude: digest(options.exclude),
    models: digest(models),
    defaults: digest(options.defaults),
    vars: digest(Object.fromEntries(options.vars)),
    // A command without the remote would pay for pictures that are there.
    store: digest(
      options.remote === undefined
        ? path.relative(options.root, options.storeDir)
        : [path.relative(options.root, options.storeDir), 'remote'],
    ),
  }
}
