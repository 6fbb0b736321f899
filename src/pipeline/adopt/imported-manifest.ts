import { realpathSync } from 'node:fs'
import path from 'node:path'
import { composeManifest, type ComposedImage } from '../../manifest/edit/compose.ts'
import { toPosix } from '../../shared/files.ts'
import { isInside, realPathOf } from '../../shared/real-path.ts'
import { copyBeside } from './copy-beside.ts'
import { readPicture } from './given-picture.ts'
import { validName, type FoundPicture } from './imported-pictures.ts'

/** How `source` names the pictures that are used as files. */
export interface ImportedSources {
  /** By the picture's absolute path. */
  readonly paths: ReadonlyMap<string, string>
  /** Removes the copies that were made. */
  readonly undo: () => void
}

/**
 * Finds paths for the pictures that are used as files. One inside the root stays where it is; any other is copied beside
 * the manifest, as `adopt` does.
 *
 * @param manifest absolute path; its folder exists.
 */
export function placeSources(
  found: readonly FoundPicture[],
  manifest: string,
  root: string,
): ImportedSources {
  const folder = realpathSync(path.dirname(manifest))
  const within = realPathOf(root)
  const paths = new Map<string, string>()
  const undoes: Array<() => void> = []
  const undo = (): void => {
    for (const one of undoes) one()
  }
  try {
    for (const { file, as } of found) {
      if (as.kind === 'candidate') continue
      const real = realpathSync(file)
      if (isInside(within, real)) {
        const relative = toPosix(path.relative(folder, real))
        paths.set(file, relative.startsWith('../') ? relative : `./${relative}`)
        continue
      }
      const copy = copyBeside(readPicture({ kind: 'file', file }), manifest)
      undoes.push(copy.undo)
      paths.set(file, copy.source)
    }
  } catch (error) {
    undo()
    throw error
  }
  return { paths, undo }
}

/**
 * The text of a manifest of imported pictures.
 *
 * @param picks which candidate an image uses, by image name, where that is not the first.
 */
export function importedManifest(
  folder: string,
  found: readonly FoundPicture[],
  { paths }: ImportedSources,
  picks: ReadonlyMap<string, string>,
): string {
  const about = [
    `Written by \`imagegen import\` from ${path.basename(folder)}.`,
    'Add `alt:` to each image: what it shows, or "" where it decorates.',
  ]
  return composeManifest(
    about,
    found.map((picture) => composed(picture, paths.get(picture.file) ?? '', picks)),
  )
}

/** Characters of a prompt that a comment shows; the whole text is in the picture. */
const LONGEST_COMMENT = 2000

function composed(
  { name, prompt, as }: FoundPicture,
  source: string,
  picks: ReadonlyMap<string, string>,
): ComposedImage {
  if (as.kind === 'source') {
    const kept = prompt === undefined ? [] : [`prompt: ${prompt.slice(0, LONGEST_COMMENT)}`]
    return { name, comment: [as.reason, ...kept], fields: [['source', source]] }
  }
  const { width, height } = as.picture
  const pick = picks.get(name)
  return {
    name,
    comment: [],
    fields: [
      ['prompt', as.prompt],
      ['size', `${width}x${height}`],
      ...(pick === undefined ? [] : [['pick', pick] as const]),
    ],
  }
}

/**
 * The manifest that a folder is imported into by default: beside the folder and named after it, or in the root where the
 * folder is outside.
 */
export function defaultManifest(folder: string, root: string): string {
  const name = `${validName(path.basename(folder))}.image.yaml`
  const isBelow = folder !== root && isInside(root, folder)
  return path.join(isBelow ? path.dirname(folder) : root, name)
}
