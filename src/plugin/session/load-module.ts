import {
  withMedia,
  type ImageEntry,
  type Pipeline,
  type PlaceholderLabel,
  type PlannedImage,
  type RenderedImage,
  type ShownImage,
  type Survey,
} from '../../pipeline.ts'
import { ImagegenError, type Problem } from '../../shared/errors.ts'
import type { Awaiting, Background } from './background.ts'
import type { Located } from './locate.ts'
import { watchFilesOf } from './watched-files.ts'

/** A module as the session hands it to a host, which writes the code. */
export type Loaded = LoadedManifest | LoadedImage | FailedModule

/** A manifest with named images: its module imports one module per image. */
export interface LoadedManifest {
  readonly kind: 'manifest'
  readonly entries: ReadonlyArray<Pick<ImageEntry, 'name' | 'exportName'>>
  /** Files that the module depends on, beside its manifest; absolute. */
  readonly files: readonly string[]
}

export interface LoadedImage {
  readonly kind: 'image'
  readonly alt: string
  readonly rendered: ShownImage
  readonly files: readonly string[]
  /** Why a live session shows a placeholder although the image should exist. */
  readonly problem?: ImagegenError
}

export interface FailedModule {
  readonly kind: 'failed'
  /** An ImagegenError for what the user can fix. */
  readonly error: unknown
  /** Files whose change may fix it, absolute. */
  readonly files: readonly string[]
}

export interface LoadContext {
  readonly pipeline: Pipeline
  readonly background: Background
  /** Whether a placeholder may be shown until the image exists. */
  readonly isLive: boolean
  /** Whether a person sees the page: placeholders then say why they are there. */
  readonly isSeen: boolean
  readonly signal: AbortSignal
}

/** Renders what a module shows. */
export async function loadModule(
  located: Located,
  survey: Survey,
  { pipeline, background, isLive, isSeen, signal }: LoadContext,
): Promise<Loaded> {
  switch (located.kind) {
    case 'failed':
      return located
    case 'manifest':
      return located
    case 'image': {
      const { image } = located
      const files = watchFilesOf(image, survey)
      const problems: ImagegenError[] = []
      try {
        const rendered = await withMedia(image, survey, async (one) => {
          const failure = background.failureOf(one.made?.key ?? '')?.problem
          const awaiting = isSeen ? background.awaitingOf(one.made?.key ?? '') : undefined
          const settings = { isLive, failure, awaiting, signal }
          const picture = await pictureOf(one, survey, pipeline, settings)
          if (picture.problem !== undefined) problems.push(picture.problem)
          return picture.rendered
        })
        const [problem] = problems
        const alt = image.entry.alt ?? ''
        return {
          kind: 'image',
          alt,
          rendered,
          files,
          ...(problem === undefined ? {} : { problem }),
        }
      } catch (error) {
        return { kind: 'failed', error, files }
      }
    }
    default:
      return located satisfies never
  }
}

interface Picture extends Pick<LoadedImage, 'problem'> {
  readonly rendered: RenderedImage
}

interface PictureSettings {
  /** Whether a placeholder may be shown until the image exists. */
  readonly isLive: boolean
  /** Why generating the image failed, if it was tried. */
  readonly failure: Problem | undefined
  /** What a missing image waits for; undefined where placeholders have no label. */
  readonly awaiting: Awaiting | undefined
  readonly signal: AbortSignal
}

/**
 * The renditions that an import shows now: those of the image, or of a placeholder.
 *
 * A manifest's module loads all of its images, also those that the page does not use. In a live session an image that
 * fails must not take the others down with it: its placeholder comes with the problem, and the host reports it.
 *
 * @throws ImagegenError in a build, if the image does not exist.
 */
async function pictureOf(
  image: PlannedImage,
  survey: Survey,
  pipeline: Pipeline,
  { isLive, failure, awaiting, signal }: PictureSettings,
): Promise<Picture> {
  const isHandMade = image.entry.subject.kind === 'source'
  const placeholder = (label?: PlaceholderLabel): Promise<RenderedImage> =>
    pipeline.renderPlaceholder(image, signal, label)
  if (pipeline.options.mode === 'placeholder' && !isHandMade) {
    return { rendered: await placeholder() }
  }
  const isAwaited = image.state === 'missing' && failure === undefined
  if (isLive && isAwaited && pipeline.options.mode === 'generate') {
    const label = awaiting && { kind: awaiting }
    const previous =
      label?.kind === 'being-made'
        ? await pipeline.renderPrevious(image, survey, signal, label)
        : undefined
    return { rendered: previous ?? (await placeholder(label)) }
  }
  try {
    return { rendered: await existingPicture(image, survey, pipeline, failure, signal) }
  } catch (error) {
    // A hand-made file that cannot be rendered has no size for a placeholder to take.
    const isFinal = !(error instanceof ImagegenError) || error.code === 'aborted' || isHandMade
    if (!isLive || isFinal) throw error
    const label = awaiting === undefined ? undefined : labelOf(error)
    return { rendered: await placeholder(label), problem: error }
  }
}

/** The label of an image that should exist. */
function labelOf({ code, message, problems }: ImagegenError): PlaceholderLabel {
  // Mode frozen asks for nothing.
  if (code === 'frozen') return { kind: 'not-asked' }
  const [reason = ''] = (problems[0]?.message ?? message).split('\n')
  return { kind: 'failed', reason }
}

async function existingPicture(
  image: PlannedImage,
  survey: Survey,
  pipeline: Pipeline,
  failure: Problem | undefined,
  signal: AbortSignal,
): Promise<RenderedImage> {
  switch (image.state) {
    case 'current':
    case 'outdated':
    case 'unavailable':
      return pipeline.render(image, survey, signal)
    case 'missing':
    case 'unusable':
    case 'blocked':
      if (failure !== undefined) throw new ImagegenError('provider', failure)
      throw new ImagegenError(image.state === 'missing' ? 'frozen' : 'unavailable', {
        message: `${image.entry.id} is ${image.state}: ${image.reason}.`,
        hint:
          image.state === 'missing'
            ? 'Build again if its manifest was edited meanwhile; else run `imagegen generate`.'
            : 'Run `imagegen plan` to see what it waits for.',
      })
    default:
      return image.state satisfies never
  }
}
