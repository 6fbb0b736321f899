import { loadSharp } from './sharp.ts'

type SharpModule = Awaited<ReturnType<typeof loadSharp>>

/** sharp's settings from before the first current user changed them. */
interface Keeper {
  users: number
  concurrency: number
  cache: ReturnType<SharpModule['cache']>
}

/**
 * sharp's settings are global to the process, so the original values are stored on sharp itself. Two renderers, or two
 * copies of this package, then find the same record.
 */
const KEEPER: unique symbol = Symbol.for('unplugin-imagegen.pipelines')

type KeptModule = SharpModule & { [KEEPER]?: Keeper }

/**
 * Runs work with sharp's settings for rendering, and restores them when no renderer is left.
 *
 * Each pipeline uses one libvips thread, because AVIF bytes depend on their number; pipelines run in parallel instead.
 * The cache of operations is off: no two pipelines do the same, and it keeps decoded pictures in memory.
 */
export async function withPipelines<Result>(work: () => Promise<Result>): Promise<Result> {
  const sharp: KeptModule = await loadSharp()
  const keeper = (sharp[KEEPER] ??= {
    users: 0,
    concurrency: sharp.concurrency(),
    cache: sharp.cache(),
  })
  keeper.users++
  sharp.concurrency(1)
  sharp.cache(false)
  try {
    return await work()
  } finally {
    keeper.users--
    if (keeper.users === 0) {
      delete sharp[KEEPER]
      sharp.concurrency(keeper.concurrency)
      sharp.cache({
        memory: keeper.cache.memory.max,
        files: keeper.cache.files.max,
        items: keeper.cache.items.max,
      })
    }
  }
}
