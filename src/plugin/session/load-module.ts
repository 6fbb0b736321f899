import path from 'node:path'
import { imageModule, imageQuery, manifestModule, type AssetUrlOf } from '../../emit/module.ts'
import type { Pipeline, Survey } from '../../pipeline.ts'
import type { ImagegenError } from '../../shared/errors.ts'
import type { Background } from './background.ts'
import { findManifest, locate, type Located } from './locate.ts'
import type { ModuleId } from '../module-id.ts'
import { pictureOf } from '../picture-of.ts'
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
