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

export type { RenderJob } from './task.ts'

/** One finished file. */
export interface Rendition extends CachedRendition {
  readonly format: OutputFormat
}

export interface RenderedImage extends Preview {
  /** By format as `output` has them (best first), in each by width, ascending. */
  readonly renditions: readonly Rendition[]
}

export interface Renderer {
  /**
   * Makes what is missing of an image's renditions and gives all of them. What is there is verified and not made again;
   * where nothing is missing, neither the original is read nor sharp loaded.
   *
   * @throws ImagegenError with code `render`, naming the image; with code `aborted`.
   */
  render(job: RenderJob, signal: AbortSignal): Promise<RenderedImage>
}

export interface RendererOptions {
  /** Absolute. May be shared by processes, and deleted at any time. */
  readonly cacheDir: string
  /**
   * Pipelines at once.
   *
   * @default one more than there are cores, which so have work while a result is put away; Node runs as many at a time as
   *   UV_THREADPOOL_SIZE says
   */
  readonly parallel?: number
  /** Where other machines leave what they have rendered, if there is such a place. */
  readonly shared?: SharedRenditions | undefined
}

export function createRenderer({
  cacheDir,
  parallel = availableParallelism() + 1,
  shared: others,
}: RendererOptions): Renderer {
  const cache = createRenditionCache(cacheDir)
  const produce = createProducer({ cache, parallel, others })
  // Few images are open at a time, so that memory does not grow with their number, and enough to keep all cores at work.
  const images = new PQueue({ concurrency: parallel + 1 })
  const sharing = createSharing()
  let versions: Promise<PixelVersions> | undefined

  async function render(job: RenderJob, signal: AbortSignal): Promise<RenderedImage> {
    throwIfAborted(signal)
    versions ??= readPixelVersions()
    const current = await versions
    try {
      // What waits for its turn holds no more than the job: a build may ask for thousands at once.
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
    // Not by name: images that come to the same files are made once, and each then takes them under its own.
    const work = digest([pictureKey(recipe), job.output, job.provenance ?? null])
    await sharing.run(work, signal, (shared) => produce(task, shared))
    const made = await lookUp(task)
    if (made !== undefined) return made
    throw new ImagegenError('render', {
      message: `What has just been rendered is gone from ${cacheDir}.`,
      hint: 'Does something else clear that folder? Run it again.',
    })
  }

  /** Everything that a task asks for, if all of it is there. */
  async function lookUp(task: Task): Promise<RenderedImage | undefined> {
    return cache.readImage(task.imageKey) ?? putTogether(task)
  }

  /** The same from its parts, of which other images may have some; the next time it is found as a whole. */
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

  /** Takes over what another machine has rendered, if it is all that is asked for. */
  async function fetchShared(task: Task): Promise<RenderedImage | undefined> {
    const key = pictureKey(task.recipe)
    const picture = cache.readPicture(key) ?? (await others?.readPicture(key))
    if (others === undefined || picture === undefined) return undefined
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
