import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import type { Output, OutputFormat } from '../manifest/output.ts'
import type { Operation } from '../manifest/process.ts'
import { withPipelines } from '../pixels/pipelines.ts'
import { readPixelVersions, type PixelVersions } from '../pixels/versions.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { errorCode } from '../shared/files.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { digest, sha256 } from '../shared/hash.ts'
import { encode } from './encode.ts'
import { finishPicture, pixelsToFinish } from './finished-picture.ts'
import type { Size } from './operation-size.ts'
import type { ReadComposite } from './operations.ts'
import { drawPreview, type Preview } from './preview.ts'
import { createRenditionCache, type CachedRendition } from './rendition-cache.ts'
import { pictureKey, renditionKey, type PictureRecipe, type Provenance } from './rendition.ts'
import type { SharedRenditions } from './shared-renditions.ts'
import { createSharing } from './sharing.ts'
import { renditionSizes } from './sizes.ts'

/** One image to render. */
export interface RenderJob {
  /** The image's name; the files are called after it. */
  readonly name: string
  readonly original: {
    readonly sha256: string
    /** Asked only where something has to be rendered. */
    read(): Promise<Uint8Array>
  }
  readonly operations: readonly Operation[]
  readonly readComposite: ReadComposite
  readonly output: Output
  /** Nothing: the original is no model's work, or provenance is switched off. */
  readonly provenance: Provenance | undefined
}

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
   * @default one more than there are cores; Node runs as many at a time as UV_THREADPOOL_SIZE says
   */
  readonly parallel?: number
  /** Where other machines leave what they have rendered, if there is such a place. */
  readonly shared?: SharedRenditions | undefined
}

/**
 * Pixels; twice what models draw. Pictures that are larger on their way come one after the other: several of the largest
 * that are let through would take gigabytes on a machine of many cores.
 */
const LARGE_PICTURE = 8_000_000

/** What a job comes to: its keys, once the versions of sharp and libvips are known. */
interface Task {
  readonly job: RenderJob
  readonly recipe: PictureRecipe
  readonly pictureKey: string
}

/** A rendition that a task asks for. */
interface Wanted {
  readonly key: string
  readonly name: string
  readonly format: OutputFormat
  readonly size: Size
}

export function createRenderer({
  cacheDir,
  parallel = availableParallelism() + 1,
  shared: others,
}: RendererOptions): Renderer {
  const cache = createRenditionCache(cacheDir)
  const pipelines = new PQueue({ concurrency: parallel })
  // Few images are open at a time, so that memory does not grow with their number, and enough to keep all cores at work.
  const images = new PQueue({ concurrency: parallel + 1 })
  const largeImages = new PQueue({ concurrency: 1 })
  const sharing = createSharing()
  let versions: Promise<PixelVersions> | undefined

  async function render(job: RenderJob, signal: AbortSignal): Promise<RenderedImage> {
    throwIfAborted(signal)
    versions ??= readPixelVersions()
    const current = await versions
    try {
      // What waits for its turn holds no more than the job: a build may ask for thousands at once.
      return (
        (await lookUp(taskOf(job, current))) ??
        (await images.add(() => make(taskOf(job, current), signal)))
      )
    } catch (error) {
      throw named(job.name, error, cacheDir)
    }
  }

  async function make(task: Task, signal: AbortSignal): Promise<RenderedImage> {
    const meanwhile = (await lookUp(task)) ?? (await fetchShared(task))
    if (meanwhile !== undefined) return meanwhile
    const { job, pictureKey } = task
    // Not by name: images that come to the same files are made once, and each then takes them under its own.
    const work = digest([pictureKey, job.output, job.provenance ?? null])
    await sharing.run(work, signal, (shared) => withPipelines(() => produce(task, shared)))
    const made = await lookUp(task)
    if (made !== undefined) return made
    throw new ImagegenError('render', {
      message: `What has just been rendered is gone from ${cacheDir}.`,
      hint: 'Does something else clear that folder? Run it again.',
    })
  }

  /** Everything that a task asks for, if all of it is there. */
  async function lookUp(task: Task): Promise<RenderedImage | undefined> {
    const picture = cache.readPicture(task.pictureKey)
    if (picture === undefined) return undefined
    const { width, height, ...preview } = picture
    const renditions: Rendition[] = []
    for (const wanted of wantedOf(task, { width, height })) {
      const found = await cache.readRendition(wanted)
      if (found === undefined) return undefined
      renditions.push({ ...found, format: wanted.format })
    }
    return { ...preview, renditions }
  }

  /** Takes over what another machine has rendered, if it is all that is asked for. */
  async function fetchShared(task: Task): Promise<RenderedImage | undefined> {
    const { pictureKey: key } = task
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

  async function produce(task: Task, signal: AbortSignal): Promise<void> {
    const original = await readOriginal(task.job)
    const pixels = await pixelsToFinish(original, task.job.operations)
    const work = async (): Promise<void> => produceFrom(original, task, signal)
    return pixels > LARGE_PICTURE ? largeImages.add(work) : work()
  }

  async function produceFrom(
    original: Uint8Array,
    { job, recipe, pictureKey }: Task,
    signal: AbortSignal,
  ): Promise<void> {
    const inPipeline = <Result>(work: () => Promise<Result>): Promise<Result> =>
      pipelines.add(async () => {
        throwIfAborted(signal)
        return work()
      })

    const picture = await inPipeline(() =>
      finishPicture(original, job.operations, job.output, job.readComposite),
    )
    if (cache.readPicture(pictureKey) === undefined) {
      const preview = await inPipeline(() => drawPreview(picture, job.output.placeholder))
      const record = { ...picture.size, ...preview }
      await cache.writePicture(pictureKey, record)
      await others?.writePicture(pictureKey, record)
    }
    const results = await Promise.allSettled(
      wantedOf({ job, recipe, pictureKey }, picture.size).map(async (wanted) => {
        if ((await cache.readRendition(wanted)) !== undefined) return
        const { format, size } = wanted
        const bytes = await inPipeline(() =>
          encode(picture, {
            format,
            size,
            options: job.output.encoders[format],
            provenance: job.provenance,
          }),
        )
        await cache.writeRendition(wanted, bytes, size)
        await others?.writeRendition(wanted.key, { bytes, size })
      }),
    )
    // All have come to an end before the first failure is told: nothing writes after it.
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  return { render }
}

function taskOf(job: RenderJob, versions: PixelVersions): Task {
  const recipe = {
    original: job.original.sha256,
    operations: job.operations,
    output: job.output,
    versions,
  }
  return { job, recipe, pictureKey: pictureKey(recipe) }
}

function wantedOf({ job, recipe }: Task, picture: Size): readonly Wanted[] {
  const { formats, widths } = job.output
  const sizes = renditionSizes(picture, widths)
  return formats.flatMap((format) =>
    sizes.map((size): Wanted => {
      const { provenance } = job
      const key = renditionKey({ ...recipe, format, width: size.width, provenance })
      return { key, name: job.name, format, size }
    }),
  )
}

/** Bytes that are not those of the key would be cached under it for good. */
async function readOriginal({ original }: RenderJob): Promise<Uint8Array> {
  const bytes = await original.read()
  if (sha256(bytes) === original.sha256) return bytes
  throw new ImagegenError('render', {
    message: 'The original has changed while it was being read.',
    hint: 'Run it again.',
  })
}

/** Says which image it was about. */
function named(name: string, error: unknown, cacheDir: string): unknown {
  if (error instanceof ImagegenError) {
    if (error.code !== 'render') return error
    const problems = error.problems.map((problem) => ({
      ...problem,
      message: `${name}: ${problem.message}`,
    }))
    return new ImagegenError('render', problems, { cause: error.cause })
  }
  if (errorCode(error) === undefined) return error
  return new ImagegenError(
    'render',
    {
      message: `${name}: ${messageOf(error)}`,
      hint: `The renditions are kept in ${cacheDir}: it has to be writable, with room on the disk.`,
    },
    { cause: error },
  )
}
