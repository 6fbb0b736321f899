import { realpathSync } from 'node:fs'
import path from 'node:path'
import type { Survey } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { digest } from '../../shared/hash.ts'
import type { ModuleId } from '../module-id.ts'

/** An image of a survey, with how it stands. */
export type SurveyedImage =
  Survey['images'] extends ReadonlyMap<string, infer Image> ? Image : never

type SurveyedEntry = SurveyedImage['entry']

/** What a module id stands for. */
export type Located =
  | { readonly kind: 'manifest'; readonly entries: readonly SurveyedEntry[] }
  | { readonly kind: 'image'; readonly image: SurveyedImage }

/**
 * Finds what a module id stands for.
 *
 * @param root the project's, absolute.
 * @throws ImagegenError with all that is wrong with the manifest.
 */
export function locate(id: ModuleId, survey: Survey, root: string): Located {
  const manifestPath = findManifest(id.file, survey, root)
  const problems = manifestPath === undefined ? undefined : survey.problems.get(manifestPath)
  if (problems !== undefined) throw new ImagegenError('manifest', problems)
  const manifest = manifestPath === undefined ? undefined : survey.manifestAt(manifestPath)
  if (manifestPath === undefined || manifest === undefined) throw notIncluded(id.file, root)
  if (manifest.content.form === 'named' && id.image === undefined) {
    return { kind: 'manifest', entries: survey.entriesOf(manifest) }
  }
  const name = id.image === undefined ? manifestPath : `${manifestPath}#${id.image}`
  const image = survey.images.get(name)
  if (image !== undefined) return { kind: 'image', image }
  throw survey.entries.has(name) ? needsMending(name, survey) : noSuchImage(manifestPath, id.image)
}

/** The path by which a survey knows a manifest; nothing where it does not. */
export function findManifest(file: string, survey: Survey, root: string): string | undefined {
  const isKnown = (manifest: string): boolean =>
    survey.problems.has(manifest) || survey.manifestAt(manifest) !== undefined
  const direct = pathFrom(root, file)
  if (isKnown(direct)) return direct
  // Bundlers resolve symbolic links; the root may have been given with one in it.
  const real = pathFrom(realPath(root), realPath(file))
  return isKnown(real) ? real : undefined
}

/**
 * A short text for what a module shows: two surveys in which it is the same need no new module.
 *
 * @param failureOf what is known of a key that could not be made.
 */
export function lookOf(
  id: ModuleId,
  survey: Survey,
  root: string,
  failureOf: (key: string) => string | undefined,
): string {
  try {
    const located = locate(id, survey, root)
    if (located.kind === 'manifest') {
      return digest(located.entries.map(({ name, exportName }) => [name, exportName ?? null]))
    }
    const { entry, made, state, reason } = located.image
    const picked =
      made === undefined ? undefined : survey.snapshot.lookup(made.key).candidates[entry.pick - 1]
    return digest({
      state,
      reason,
      original: entry.subject.kind === 'source' ? entry.subject.sha256 : picked?.receipt.sha256,
      expected: made?.expected,
      failure: made === undefined ? undefined : failureOf(made.key),
      alt: entry.alt,
      output: entry.output,
      operations: entry.operations,
    })
  } catch (error) {
    if (error instanceof ImagegenError) return error.message
    throw error
  }
}

/** The names by which code may refer to an image: its own, and that of its export. Nothing where it is not known. */
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
    // Removed in this moment: it is looked for under the name that is known.
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

function noSuchImage(manifest: string, name: string | undefined): ImagegenError {
  return new ImagegenError('manifest', {
    message:
      name === undefined ? `${manifest} has no image.` : `${manifest} has no image \`${name}\`.`,
    hint: 'It may have been renamed: save the file that imports it.',
  })
}

/** The image itself is sound, and one that it refers to is not. */
function needsMending(id: string, { problems }: Survey): ImagegenError {
  return new ImagegenError('manifest', [...problems.values()].flat(), {
    summary: `${id} refers to an image that has errors:`,
  })
}
