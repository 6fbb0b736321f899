import PQueue from 'p-queue'
import { withPipelines } from '../pixels/pipelines.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { encode } from './encode.ts'
import { finishPicture, pixelsToFinish } from './finished-picture.ts'
import { drawPreview } from './preview.ts'
import { pictureKey } from './rendition.ts'
import type { RenditionCache } from './rendition-cache.ts'
import type { SharedRenditions } from './shared-renditions.ts'
import { wantedOf, type RenderJob, type Task } from './task.ts'

/**
 * Pixels; twice what models draw. Larger pictures are processed one after the other: several of the largest allowed
 * ones would take gigabytes on a machine with many cores.
 */
const LARGE_PICTURE = 8_000_000

export interface ProducerOptions {
  readonly cache: RenditionCache
  /** Concurrent pipelines. */
  readonly parallel: number
  /** Where results are shared with other machines. */
  readonly others: SharedRenditions | undefined
}

/** Renders what the cache lacks of a task, from its original. */
export type Produce = (task: Task, signal: AbortSignal) => Promise<void>

export function createProducer({ cache, parallel, others: shared }: ProducerOptions): Produce {
  const pipelines = new PQueue({ concurrency: parallel })
  const largeImages = new PQueue({ concurrency: 1 })

  async function produce(task: Task, signal: AbortSignal): Promise<void> {
    const original = await readOriginal(task.job)
    const pixels = await pixelsToFinish(original, task.job.operations)
    const work = async (): Promise<void> => produceFrom(original, task, signal)
    return pixels > LARGE_PICTURE ? largeImages.add(work) : work()
  }

  async function produceFrom(original: Uint8Array, task: Task, signal: AbortSignal): Promise<void> {
    const { job, recipe } = task
    const key = pictureKey(recipe)
    // Placeholders never leave this machine.
    const others = job.notice === undefined ? shared : undefined
    const inPipeline = <Result>(work: () => Promise<Result>): Promise<Result> =>
      pipelines.add(async () => {
        throwIfAborted(signal)
        return work()
      })

    const picture = await inPipeline(() =>
      finishPicture(original, job.operations, job.output, job.readComposite),
    )
    if (cache.readPicture(key) === undefined) {
      const preview = await inPipeline(() => drawPreview(picture, job.output.placeholder))
      const record = { ...picture.size, ...preview }
      await cache.writePicture(key, record)
      await others?.writePicture(key, record)
    }
    const results = await Promise.allSettled(
      wantedOf(task, picture.size).map(async (wanted) => {
        if ((await cache.readRendition(wanted)) !== undefined) return
        const { format, size } = wanted
        const bytes = await inPipeline(() =>
          encode(picture, {
            format,
            size,
            options: job.output.encoders[format],
            provenance: job.provenance,
            notice: job.notice,
          }),
        )
        await cache.writeRendition(wanted, bytes, size)
        await others?.writeRendition(wanted.key, { bytes, size })
      }),
    )
    // All tasks end before the first failure is thrown, so that nothing writes afterwards.
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  return (task, signal) => withPipelines(() => produce(task, signal))
}

/** Bytes that differ from the key's would stay in the cache under that key. */
async function readOriginal({ original }: RenderJob): Promise<Uint8Array> {
  const bytes = await original.read()
  if (sha256(bytes) === original.sha256) return bytes
  throw new ImagegenError('render', {
    message: 'The original changed while it was being read.',
    hint: 'Run it again.',
  })
}
