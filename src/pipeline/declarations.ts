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
import { predictSizes } from '../render/sizes.ts'
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
import type { Survey } from './survey.ts'

/** What became of a project's declarations. All paths start at the root and have `/`. */
export interface DeclarationReport {
  /** Declarations that are new, or say something else than before. */
  readonly written: readonly string[]
  readonly unchanged: readonly string[]
  /** Declarations whose manifests are gone. */
  readonly removed: readonly string[]
  /** Manifests with errors, and what hangs on them: what was declared of them before still is. */
  readonly kept: readonly string[]
  /** Manifests outside of the root, for whose declarations there is no place. */
  readonly outside: readonly string[]
}

type Places = Pick<ResolvedOptions, 'root' | 'storeDir' | 'storeIsOutside'>

/**
 * Brings the declarations of all manifests up to date. What is up to date is not touched.
 *
 * @throws the file system's errors, or ImagegenError with code `config` where a link would lead them elsewhere.
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
    ...new Set([...survey.manifests.map((manifest) => manifest.path), ...survey.problems.keys()]),
  ].sort()
  const inside = known.filter((manifest) => !isOutside(manifest))
  const fileOf = (manifest: string): string => path.join(folder, declarationPath(manifest))
  const texts = declarationsOf(survey)

  // Removed first: where a file system knows no case, a renamed manifest has its declaration at the old one's place.
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

/** Where the declarations of a project are, absolute: one of its `rootDirs`, beside the root itself. */
export function typesFolder(places: Places): string {
  return path.join(homeOf(places), 'types')
}

/** Keeps declarations up to date beside other work, which never fails because of them: says once what is wrong. */
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
      // Not by the message, which names a temporary file.
      warnOnce(
        code,
        `No exact types: ${sentence(messageOf(error))}. The option \`types: false\` does without them.`,
      )
    }
  }
}

/** Says which manifests have no declaration of their own, and what they have instead. */
export function outsideText(outside: readonly string[]): string {
  return `No exact types for what lies outside of the root: ${outside.map(inOneLine).join(', ')}. \`unplugin-imagegen/client\` declares it loosely.`
}

/** By the manifest's path; nothing for a manifest of which not every image can be told now. */
function declarationsOf(survey: Survey): ReadonlyMap<string, string> {
  const images = new Map<Manifest, PlannedImage[]>(
    survey.manifests.map((manifest) => [manifest, []]),
  )
  for (const image of survey.images.values()) images.get(image.entry.manifest)?.push(image)
  const waiting = new Set(
    [...survey.entries.values()]
      .filter(({ id }) => !survey.images.has(id))
      .map(({ manifest }) => manifest),
  )
  return new Map(
    [...images]
      .filter(
        ([manifest, own]) =>
          !survey.problems.has(manifest.path) && !waiting.has(manifest) && isWhole(manifest, own),
      )
      .map(([manifest, own]) => [manifest.path, declarationOf(manifest, own)]),
  )
}

/** Images in a circle of references are in no survey, and only one of their manifests is told so. */
function isWhole({ content }: Manifest, images: readonly PlannedImage[]): boolean {
  const written = new Set(images.map(({ entry }) => entry.path.at(-1) ?? ''))
  return content.images.every(({ name }) => written.has(name))
}

function declarationOf({ content }: Manifest, images: readonly PlannedImage[]): string {
  const declared = images.map(({ entry, made }) => ({
    entry,
    // A file made by hand has the size that it has: the manifest does not decide it.
    size: predictSizes(made?.expected, entry.operations, entry.output)?.at(-1),
  }))
  const [only] = declared
  return content.form === 'single' && only !== undefined
    ? imageDeclaration(only)
    : manifestDeclaration(declared)
}

/** The store's folder; where that is shared by several projects, whose declarations would meet there, one of our own. */
function homeOf({ root, storeDir }: Places): string {
  return isOutside(toPosix(path.relative(root, storeDir))) ? path.join(root, '.imagegen') : storeDir
}

/** Told by a path from the root; on Windows there is none to another drive. */
function isOutside(relative: string): boolean {
  return relative.startsWith('../') || path.isAbsolute(relative)
}

/** Declarations of ours that nothing is named like; whatever else lies there is somebody's own. */
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
