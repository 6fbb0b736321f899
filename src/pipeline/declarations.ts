import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import {
  DECLARATION_MARK,
  declarationPath,
  imageDeclaration,
  manifestDeclaration,
} from '../emit/declaration.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ResolvedOptions } from '../options.ts'
import type { PlannedImage } from '../plan/plan.ts'
import { predictSizes, type Size } from '../render/sizes.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import {
  errorCode,
  isNotFound,
  readFileIfThere,
  toPosix,
  writeFileAtomic,
} from '../shared/files.ts'
import type { Logger } from '../shared/logger.ts'
import { inOneLine, sentence } from '../shared/plain-text.ts'
import { checkInside } from '../store/boundary.ts'
import { ignoreLocalFolders } from '../store/folder.ts'
import { mediaOf } from './media.ts'
import type { Survey } from './survey.ts'

/** The result of writing a project's declarations. All paths start at the root and use `/`. */
export interface DeclarationReport {
  /** Declarations that are new or changed. */
  readonly written: readonly string[]
  readonly unchanged: readonly string[]
  /** Declarations whose manifests are gone. */
  readonly removed: readonly string[]
  /** Manifests with errors, and manifests that depend on them: their previous declarations stay. */
  readonly kept: readonly string[]
  /** Manifests outside the root, which get no declarations. */
  readonly outside: readonly string[]
}

type Places = Pick<ResolvedOptions, 'root' | 'storeDir' | 'storeIsOutside'>

/**
 * Writes the declarations of all manifests. Files that are up to date are not touched.
 *
 * @throws file system errors, or ImagegenError with code `config` if a symbolic link leads out of the project.
 */
export async function writeDeclarations(
  survey: Survey,
  places: Places,
): Promise<DeclarationReport> {
  const home = homeOf(places)
  const folder = typesFolder(places)
  const outside = places.storeIsOutside
  for (const place of [home, folder]) checkInside(place, { within: places.root, outside })
  const known = [
    ...new Set([
      ...manifestsWithImages(survey).map(({ path: from }) => from),
      ...survey.problems.keys(),
    ]),
  ].sort()
  const inside = known.filter((manifest) => !isOutside(manifest))
  const fileOf = (manifest: string): string => path.join(folder, declarationPath(manifest))
  const texts = declarationsOf(survey)

  // Remove first: on a case-insensitive file system, a renamed manifest may write to the same file.
  const stale = staleDeclarations(folder, new Set(inside.map(fileOf)))
  for (const file of stale) await rm(file, { force: true })
  const written: string[] = []
  const unchanged: string[] = []
  for (const manifest of inside) {
    const text = texts.get(manifest)
    if (text === undefined) continue
    const file = fileOf(manifest)
    if (readFileIfThere(file)?.toString('utf8') === text) {
      unchanged.push(file)
      continue
    }
    checkInside(path.dirname(file), { within: folder, outside })
    await ignoreLocalFolders(home, folder)
    await writeFileAtomic(file, text)
    written.push(file)
  }
  const show = (file: string): string => toPosix(path.relative(places.root, file))
  return {
    written: written.map(show),
    unchanged: unchanged.map(show),
    removed: stale.map(show),
    kept: inside.filter((manifest) => !texts.has(manifest)),
    outside: known.filter(isOutside),
  }
}

/** The absolute folder of a project's declarations, which its tsconfig lists in `rootDirs`. */
export function typesFolder(places: Places): string {
  return path.join(homeOf(places), 'types')
}

/** Keeps declarations up to date after each survey. A failure is logged once and does not stop the build. */
export function followDeclarations(
  places: Places,
  logger: Logger,
): (survey: Survey) => Promise<void> {
  const said = new Set<string>()
  const warnOnce = (reason: string, message: string): void => {
    if (!said.has(reason)) logger.warn(message)
    said.add(reason)
  }
  return async (survey) => {
    try {
      const { outside } = await writeDeclarations(survey, places)
      if (outside.length > 0) warnOnce(outside.join(), outsideText(outside))
    } catch (error) {
      const code = error instanceof ImagegenError ? error.code : errorCode(error)
      if (code === undefined) throw error
      // Deduplicate by code, because the message contains the name of a temporary file.
      warnOnce(
        code,
        `No exact types: ${sentence(messageOf(error))}. Set the option \`types: false\` to build without them.`,
      )
    }
  }
}

/** A message that lists the manifests without exact types. */
export function outsideText(outside: readonly string[]): string {
  return `No exact types for manifests outside of the root: ${outside.map(inOneLine).join(', ')}. They get the general types of \`unplugin-imagegen/client\`.`
}

/** The declarations by manifest path, without manifests whose images are not all known. */
function declarationsOf(survey: Survey): ReadonlyMap<string, string> {
  const images = new Map<Manifest, PlannedImage[]>(
    manifestsWithImages(survey).map((manifest) => [manifest, []]),
  )
  for (const image of survey.images.values()) images.get(image.entry.manifest)?.push(image)
  const waiting = new Set(
    [...survey.entries.values()]
      .filter(({ id, media }) =>
        [id, ...media.map(({ image }) => image ?? id)].some((one) => !survey.images.has(one)),
      )
      .map(({ manifest }) => manifest),
  )
  return new Map(
    [...images]
      .filter(
        ([manifest, own]) =>
          !survey.problems.has(manifest.path) && !waiting.has(manifest) && isWhole(manifest, own),
      )
      .map(([manifest, own]) => [manifest.path, declarationOf(manifest, own, survey)]),
  )
}

/** A style has nothing to import. */
function manifestsWithImages({ manifests }: Survey): readonly Manifest[] {
  return manifests.filter(({ content }) => content.form !== 'style')
}

/** Whether the survey has all of a manifest's images. It lacks those in a reference cycle, which only one manifest reports. */
function isWhole({ content }: Manifest, images: readonly PlannedImage[]): boolean {
  const written = new Set(images.map(({ entry }) => entry.path.at(-1) ?? ''))
  return content.images.every(({ name }) => written.has(name))
}

function declarationOf(
  { content }: Manifest,
  images: readonly PlannedImage[],
  survey: Survey,
): string {
  const declared = images.map((image) => ({
    entry: image.entry,
    size: sizeOf(image),
    media: mediaOf(image, survey).map(({ media, image: shown }) => ({
      media,
      formats: shown.entry.output.formats,
      size: sizeOf(shown),
    })),
  }))
  const [only] = declared
  return content.form === 'single' && only !== undefined
    ? imageDeclaration(only)
    : manifestDeclaration(declared)
}

/** The size of the largest rendition. The manifest does not determine that of a `source` file. */
function sizeOf({ entry, made }: PlannedImage): Size | undefined {
  return predictSizes(made?.expected, entry.operations, entry.output)?.at(-1)
}

/** The store's folder. If it is outside the root, several projects may share it, so the project's own `.imagegen`. */
function homeOf({ root, storeDir }: Places): string {
  return isOutside(toPosix(path.relative(root, storeDir))) ? path.join(root, '.imagegen') : storeDir
}

/** Whether a path from the root leads out of it. On Windows, a path to another drive stays absolute. */
function isOutside(relative: string): boolean {
  return relative.startsWith('../') || path.isAbsolute(relative)
}

/** The generated declarations without a manifest. Files without the plugin's mark belong to the user. */
function staleDeclarations(folder: string, named: ReadonlySet<string>): string[] {
  return filesBelow(folder).filter(
    (file) =>
      /\.d\.[^.]+\.ts$/.test(file) &&
      !named.has(file.normalize('NFC')) &&
      readFileIfThere(file)?.toString('utf8').startsWith(DECLARATION_MARK) === true,
  )
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}
