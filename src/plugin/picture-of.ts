import type { Pipeline, Survey } from '../pipeline.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import type { SurveyedImage } from './session/locate.ts'

/** The renditions that an import shows. */
export interface Picture {
  readonly rendered: Awaited<ReturnType<Pipeline['render']>>
  /** Why they are a stand-in's although there should be a picture. */
  readonly problem?: ImagegenError
}

export interface PictureSettings {
  /** Whether a stand-in may be shown until the picture is there. */
  readonly isLive: boolean
  /** Why the picture could not be made, where that was tried. */
  readonly failure: Problem | undefined
  readonly signal: AbortSignal
}

/**
 * The renditions that an import shows now: the picture's, or a stand-in's.
 *
 * A manifest's module loads all of its images, also those that the page does not use. So in a live session an image that
 * cannot be had does not take the others down with it: its stand-in comes together with the problem, and the host tells it.
 *
 * @throws ImagegenError in a build, where there is no picture.
 */
export async function pictureOf(
  image: SurveyedImage,
  survey: Survey,
  pipeline: Pipeline,
  { isLive, failure, signal }: PictureSettings,
): Promise<Picture> {
  const isHandMade = image.entry.subject.kind === 'source'
  const standIn = (): Promise<Picture['rendered']> => pipeline.renderPlaceholder(image, signal)
  if (pipeline.options.mode === 'placeholder' && !isHandMade) return { rendered: await standIn() }
  const isAwaited = image.state === 'missing' && failure === undefined
  if (isLive && isAwaited && pipeline.options.mode === 'generate') {
    return { rendered: await standIn() }
  }
  try {
    return { rendered: await pictureThatIsThere(image, survey, pipeline, failure, signal) }
  } catch (error) {
    // A hand-made file that cannot be rendered has no size that a stand-in could take.
    const isFinal = !(error instanceof ImagegenError) || error.code === 'aborted' || isHandMade
    if (!isLive || isFinal) throw error
    return { rendered: await standIn(), problem: error }
  }
}

async function pictureThatIsThere(
  image: SurveyedImage,
  survey: Survey,
  pipeline: Pipeline,
  failure: Problem | undefined,
  signal: AbortSignal,
): Promise<Picture['rendered']> {
  switch (image.state) {
    case 'current':
    case 'outdated':
    case 'unavailable':
      return pipeline.render(image, survey, signal)
    case 'missing':
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
