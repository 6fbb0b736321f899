import { realpathSync } from 'node:fs'
import path from 'node:path'
import {
  lacksMedia,
  mediaOf,
  type ImageEntry,
  type Manifest,
  type PlannedImage,
  type Survey,
} from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { digest } from '../../shared/hash.ts'
import type { ModuleId } from '../module-id.ts'
import { namedFiles } from './watched-files.ts'

/** What a module id means in a survey. */
export type Located =
  | {
      readonly kind: 'manifest'
      readonly entries: readonly ImageEntry[]
      /** Extended files, which may hold a `matrix`; absolute. */
      readonly files: readonly string[]
    }
  | {
      readonly kind: 'image'
      readonly image: PlannedImage
      /** What it shows for its media. */
      readonly media: ReturnType<typeof mediaOf>
    }
  | {
      readonly kind: 'failed'
      readonly error: ImagegenError
      /** Every file that the manifest names, absolute: one that is missing may appear. */
      readonly files: readonly string[]
    }

/** @param root the project's, absolute. */
export function locate(id: ModuleId, survey: Survey, root: string): Located {
  const manifestPath = findManifest(id.file, survey, root)
  const failed = (error: ImagegenError): Located => {
    const files = manifestPath === undefined ? [] : namedFiles(manifestPath, survey)
    return { kind: 'failed', error, files }
  }
  if (manifestPath === undefined) return failed(notIncluded(id.file, root))
  const problems = survey.problems.get(manifestPath)
  if (problems !== undefined) return failed(new ImagegenError('manifest', problems))
  const manifest = survey.manifestAt(manifestPath)
  if (manifest?.content.form === 'style') return failed(importedStyle(manifest))
  if (manifest?.content.form === 'named' && id.image === undefined) {
    const files = manifest.styles.map(({ file }) => file)
    return { kind: 'manifest', entries: survey.entriesOf(manifest), files }
  }
  const name = id.image === undefined ? manifestPath : `${manifestPath}#${id.image}`
  const image = survey.images.get(name)
  if (image !== undefined && !lacksMedia(image, survey)) {
    return { kind: 'image', image, media: mediaOf(image, survey) }
  }
  return failed(
    survey.entries.has(name) ? needsMending(name, survey) : noSuchImage(manifestPath, id.image),
  )
}

/** The path by which a survey knows a manifest, if it does. */
export function findManifest(file: string, survey: Survey, root: string): string | undefined {
  const isKnown = (manifest: string): boolean =>
    survey.problems.has(manifest) || survey.manifestAt(manifest) !== undefined
  const direct = pathFrom(root, file)
  if (isKnown(direct)) return direct
  // Bundlers resolve symbolic links, and the root may contain one.
  const real = pathFrom(realPath(root), realPath(file))
  return isKnown(real) ? real : undefined
}

/**
 * A short text for what a module shows. While it stays the same, the module need not be reloaded.
 *
 * @param reasonOf why there is no picture for the key of a missing image.
 */
export function lookOf(located: Located, reasonOf: (key: string) => string): string {
  switch (located.kind) {
    case 'failed':
      return located.error.message
    case 'manifest':
      return digest(located.entries.map(({ name, exportName }) => [name, exportName ?? null]))
    case 'image': {
      const { image, media } = located
      return digest([
        image.entry.alt ?? null,
        lookOfImage(image, reasonOf),
        ...media.map((one) => [one.media, lookOfImage(one.image, reasonOf)]),
      ])
    }
    default:
      return located satisfies never
  }
}

function lookOfImage(
  { entry, made, state, reason, picked }: PlannedImage,
  reasonOf: (key: string) => string,
): object {
  return {
    state,
    reason,
    original: entry.subject.kind === 'source' ? entry.subject.sha256 : picked,
    expected: made?.expected,
    failure: made === undefined || isThere(state) ? undefined : reasonOf(made.key),
    output: entry.output,
    operations: entry.operations,
  }
}

/** Whether an image of this state is shown as it is. */
function isThere(state: PlannedImage['state']): boolean {
  return state === 'current' || state === 'outdated'
}

/** The names by which code may refer to an image: its own and its export's; undefined if the survey does not know it. */
export function namesOf(id: ModuleId, survey: Survey, root: string): readonly string[] | undefined {
  const manifestPath = findManifest(id.file, survey, root)
  if (manifestPath === undefined) return undefined
  const name = id.image === undefined ? manifestPath : `${manifestPath}#${id.image}`
  const entry = survey.entries.get(name)
  return [entry?.name ?? [], entry?.exportName ?? []].flat()
}

function pathFrom(root: string, file: string): string {
  return toPosix(path.relative(root, file)).normalize('NFC')
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    // Just removed: the given name has to do.
    return file
  }
}

function notIncluded(file: string, root: string): ImagegenError {
  const shown = pathFrom(root, file)
  const real = pathFrom(realPath(root), realPath(file))
  if (real !== shown) {
    // With `preserveSymlinks`, bundlers keep the path through a link.
    return new ImagegenError('config', {
      message: `${shown} is imported through a symbolic link to ${real}, which the option \`include\` does not find.`,
      hint: `Globs do not follow links. Name the real folder: \`include: ['**/*.image.yaml', '${path.posix.dirname(real)}/*.image.yaml']\`.`,
    })
  }
  return new ImagegenError('config', {
    message: `${shown} is imported, but the option \`include\` does not find it.`,
    hint: 'Add a glob for it to `include` (globs start at the root), or take it out of `exclude`.',
  })
}

function importedStyle({ path: shown }: Manifest): ImagegenError {
  return new ImagegenError('manifest', {
    message: `${shown} is imported, but it is a style: it has settings for other manifests and no images.`,
    hint: `Import a manifest that extends it. To make it a manifest of its own, list images under \`images:\`.`,
  })
}

function noSuchImage(manifest: string, name: string | undefined): ImagegenError {
  return new ImagegenError('manifest', {
    message:
      name === undefined ? `${manifest} has no image.` : `${manifest} has no image \`${name}\`.`,
    hint: 'It may have been renamed: save the file that imports it.',
  })
}

/** The image itself is valid, but one that it refers to is not. */
function needsMending(id: string, { problems }: Survey): ImagegenError {
  return new ImagegenError('manifest', [...problems.values()].flat(), {
    summary: `${id} refers to an image that has errors:`,
  })
}
