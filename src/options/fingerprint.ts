import path from 'node:path'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { digest } from '../shared/hash.ts'
import type { RemoteOptions } from '../store/remote/remote.ts'

/** The options that decide which images there are, and under which keys. */
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
  /** Where other machines find the same. */
  readonly remote: RemoteOptions | undefined
}

/**
 * A digest of each option that decides keys, by the option's name: a command that resolves others than the build did
 * would make other images.
 *
 * @param cacheDir absolute; where the digests are left.
 */
export function fingerprintOf(
  options: KeyOptions,
  cacheDir: string,
): Readonly<Record<string, string>> {
  const models = Object.fromEntries(
    [...options.models].map(([name, { provider, modelId }]) => [name, [provider, modelId]]),
  )
  return {
    // From the cache, so that a checkout may move; two roots over one cache still differ.
    root: digest(path.relative(cacheDir, options.root)),
    include: digest(options.include),
    exclude: digest(options.exclude),
    models: digest(models),
    defaults: digest(options.defaults),
    vars: digest(Object.fromEntries(options.vars)),
    // A command that does not know of the remote would pay for what is there.
    store: digest(
      options.remote === undefined
        ? path.relative(options.root, options.storeDir)
        : [path.relative(options.root, options.storeDir), 'remote'],
    ),
  }
}
