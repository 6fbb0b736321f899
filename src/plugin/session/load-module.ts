import path from 'node:path'
import { type AssetUrlOf, imageModule, imageQuery, manifestModule } from '../../emit/module.ts'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { ImagegenError, type Problem } from '../../shared/errors.ts'
import type { ModuleId } from '../module-id.ts'
import type { Background } from './background.ts'
import { type Located, type SurveyedImage, findManifest, locate } from './locate.ts'
import { namedFiles, watchFilesOf } from './watched-files.ts'

/** A module as the host is given it. */
export interface LoadedModule {
  readonly code: string
  /** Why it shows a stand-in although there should be a picture; only in a live session. */
  readonly problem?: ImagegenError
}

export interface LoadContext {
  readonly pipeline: Pipeline
  readonly background: Background
  /** Whether a stand-in may be shown until the picture is there. */
  readonly isLive: boolean
  /** How a rendition's URL is spelled in the modules of a folder. */
  readonly urlOf: (folder: string) => AssetUrlOf
  /** How a path stands in an import. */
  readonly requestOf: (specifier: string) => string
  readonly signal: AbortSignal
  /** Told of every file that the module depends on, before anything is thrown. */
  readonly watch: (files: readonly string[]) => void
}

/**
 * The code of a manifest's module, or of one of its images'.
 *
 * @throws ImagegenError with what is wrong with the manifest or the image.
 */
export async function loadModule(
  id: ModuleId,
  survey: Survey,
  { pipeline, background, isLive, urlOf, requestOf, signal, watch }: LoadContext,
): Promise<LoadedModule> {
  const located = locateWatched(id, survey, pipeline.options.root, watch)
  if (located.kind === 'manifest') {
    const specifier = requestOf(`./${path.basename(id.file)}`)
    return { code: manifestModule(located.entries, (name) => `${specifier}${imageQuery(name)}`) }
  }
  const { image } = located
  watch(watchFilesOf(image, survey))
  const { rendered, ...problem } = await pictureOf(image, survey, pipeline, {
    isLive,
    failure: background.failureOf(image.made?.key ?? '')?.problem,
    signal,
  })
  const code = imageModule(image.entry.alt ?? '', rendered, urlOf(path.dirname(id.file)))
  return { code, ...problem }
}

/** What cannot be loaded hangs on every file that its manifest names: one that is missing may appear. */
function locateWatched(
  id: ModuleId,
  survey: Survey,
  root: string,
  watch: (files: readonly string[]) => void,
): Located {
  try {
    return locate(id, survey, root)
  } catch (error) {
    const manifestPath = findManifest(id.file, survey, root)
    if (manifestPath !== undefined) watch(namedFiles(manifestPath, survey))
    throw error
  }
}

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
