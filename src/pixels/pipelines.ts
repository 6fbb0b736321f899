import { loadSharp } from './sharp.ts'

type SharpModule = Awaited<ReturnType<typeof loadSharp>>

/** What sharp's settings were before the first of those who are at work now. */
interface Keeper {
  users: number
  concurrency: number
  cache: ReturnType<SharpModule['cache']>
}

/**
 * sharp's settings are one for the process, whoever changes them, so what they were is kept on sharp itself: two
 * renderers, or two copies of this package, then find each other's note.
 */
const KEEPER: unique symbol = Symbol.for('unplugin-imagegen.pipelines')

type KeptModule = SharpModule & { [KEEPER]?: Keeper }

/**
 * Does some work with sharp's settings as rendering needs them, and sets them back after, when nobody renders any more.
 *
 * One libvips thread a pipeline, since AVIF bytes change with their number; what runs in parallel is pipelines. And no
 * cache of operations: no two pipelines do the same, and it holds on to decoded pictures.
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
