import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import type { OutputFormat } from '../manifest/schema/output.ts'
import { readPixelVersions, type PixelVersions } from '../pixels/versions.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { debug } from '../shared/debug.ts'
import { ImagegenError } from '../shared/errors.ts'
import { digest } from '../shared/hash.ts'
import type { Preview } from './preview.ts'
import { createProducer } from './produce.ts'
import { namedError } from './render-error.ts'
import { pictureKey } from './rendition.ts'
import { createRenditionCache, type CachedRendition } from './rendition-cache.ts'
import type { SharedRenditions } from './shared-renditions.ts'
import { createSharing } from './sharing.ts'
import { taskOf, wantedOf, type RenderJob, type Task } from './task.ts'

export type { PlaceholderLabel } from './notice.ts'
export type { RenderJob } from './task.ts'

/** One finished file. */
export interface Rendition extends CachedRendition {
  readonly format: OutputFormat
}

export interface RenderedImage extends Preview {
  /** By format in the order of `output` (best first), and in each format by width, ascending. */
  readonly renditions: readonly Rendition[]
}

export interface Renderer {
  /**
   * Renders the missing renditions of an image and returns all of them. Existing ones are verified and reused. Where
   * none is missing, neither the original is read nor sharp loaded.
   *
   * @throws ImagegenError with code `render`, naming the image; with code `aborted`.
   */
  render(job: RenderJob, signal: AbortSignal): Promise<RenderedImage>
}

export interface RendererOptions {
  /** Absolute. Processes may share it, and it may be deleted at any time. */
  readonly cacheDir: string
  /**
   * Concurrent pipelines.
   *
   * @default one more than there are cores, so that cores have work while a result is written; Node runs at most
   * UV_THREADPOOL_SIZE of them at once
   */
  readonly parallel?: number
  /** Where other machines share their renditions, if there is such a place. */
  readonly shared?: SharedRenditions | undefined
}

export function createRenderer({
  cacheDir,
  parallel = availableParallelism() + 1,
  shared: others,
}: RendererOptions): Renderer {
  const cache = createRenditionCache(cacheDir)
  const produce = createProducer({ cache, parallel, others })
  // Few images are open at once, so that memory does not grow with their number, but enough to keep all cores busy.
  const images = new PQueue({ concurrency: parallel + 1 })
  const sharing = createSharing()
  let versions: Promise<PixelVersions> | undefined

  async function render(job: RenderJob, signal: AbortSignal): Promise<RenderedImage> {
    throwIfAborted(signal)
    versions ??= readPixelVersions()
    const current = await versions
    try {
      // A waiting image holds only its job: a build may request thousands at once.
      const cached = await lookUp(taskOf(job, current))
      debug('cache', () => [
        cached === undefined
          ? `${job.name}: renditions are not in the cache, rendering`
          : `${job.name}: renditions come from the cache`,
      ])
      return cached ?? (await images.add(() => make(taskOf(job, current), signal)))
    } catch (error) {
      throw namedError(job.name, error, cacheDir)
    }
  }

  async function make(task: Task, signal: AbortSignal): Promise<RenderedImage> {
    const meanwhile = (await lookUp(task)) ?? (await fetchShared(task))
    if (meanwhile !== undefined) return meanwhile
    const { job, recipe } = task
    // Shared by content, not by name: images with the same files are rendered once, and each copies the files under its
    // own name.
    const work = digest([pictureKey(recipe), job.output, job.provenance ?? null])
    await sharing.run(work, signal, (shared) => produce(task, shared))
    const made = await lookUp(task)
    if (made !== undefined) return made
    throw new ImagegenError('render', {
      message: `Renditions that were just written are gone from ${cacheDir}.`,
      hint: 'Check whether another program clears that folder, then run it again.',
    })
  }

  /** All renditions of a task from one record, if every file is there. */
  async function lookUp(task: Task): Promise<RenderedImage | undefined> {
    return cache.readImage(task.imageKey) ?? putTogether(task)
  }

  /**
   * All renditions of a task from separate records, which other images may have written. A record of the whole image is
   * then written for the next time.
   */
  async function putTogether(task: Task): Promise<RenderedImage | undefined> {
    const picture = cache.readPicture(pictureKey(task.recipe))
    if (picture === undefined) return undefined
    const { width, height, ...preview } = picture
    const renditions: Rendition[] = []
    for (const wanted of wantedOf(task, { width, height })) {
      const found = await cache.readRendition(wanted)
      if (found === undefined) return undefined
      renditions.push({ ...found, format: wanted.format })
    }
    const image = { ...preview, renditions }
    cache.writeImage(task.imageKey, image)
    return image
  }

  /** Copies another machine's renditions, if they are complete. */
  async function fetchShared(task: Task): Promise<RenderedImage | undefined> {
    if (others === undefined || task.job.notice !== undefined) return undefined
    const key = pictureKey(task.recipe)
    const picture = cache.readPicture(key) ?? (await others.readPicture(key))
    if (picture === undefined) return undefined
    await cache.writePicture(key, picture)
    for (const wanted of wantedOf(task, picture)) {
      if ((await cache.readRendition(wanted)) !== undefined) continue
      const found = await others.readRendition(wanted.key)
      if (found === undefined) return undefined
      await cache.writeRendition(wanted, found.bytes, found.size)
    }
    return lookUp(task)
  }

  return { render }
}
