import path from 'node:path'
import type { Survey } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import { namedFiles } from './session/watched-files.ts'

/**
 * The files in which an error of a whole project can be mended: those that it names, all manifests, and whatever they name.
 *
 * @param survey nothing where the configuration makes no sense.
 * @param root the project's, absolute.
 */
export function mendableFiles(
  error: unknown,
  survey: Survey | undefined,
  root: string,
): readonly string[] {
  const places = error instanceof ImagegenError ? error.problems.map(({ place }) => place) : []
  const named = places.flatMap((place) => (place === undefined ? [] : [place.file]))
  const known =
    survey === undefined
      ? []
      : [
          ...survey.problems.keys(),
          ...survey.manifests.flatMap(({ path, file }) => [file, ...namedFiles(path, survey)]),
        ]
  return [...new Set([...named, ...known].map((file) => path.resolve(root, file)))]
}
