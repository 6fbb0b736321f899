import { readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { type GeneratedImage, generatedImage } from '../../emit/generated-image.ts'
import type { PlannedImage, RenderedImage } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { readFileIfThere, writeFileAtomic, writeFileIfChanged } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { realPathOf } from '../../shared/real-path.ts'
import { isRecord } from '../../shared/record.ts'

/** The list of an exported folder's images. It is written last. */
export const LIST = 'images.json'

/** The content of `images.json`. */
export interface ExportList {
  readonly version: 1
  /** The images by id. */
  readonly images: Readonly<Record<string, GeneratedImage>>
  /** The ids of images by name, for names that only one image has. */
  readonly names: Readonly<Record<string, string>>
  /** SHA-256 of every written file, by name. Other files are never touched. */
  readonly files: Readonly<Record<string, string>>
}

/** A file to export. */
export interface ExportedFile {
  /** The absolute path of its bytes. */
  readonly file: string
  readonly sha256: string
}

/** The changes to a folder. */
export interface ExportedFiles {
  readonly written: readonly string[]
  readonly unchanged: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Updates a folder: writes changed files, and removes files of an earlier export that are no longer needed. Files that
 * the user added or changed stay.
 *
 * @param folder absolute path.
 * @param wanted the files by their name in the folder.
 * @throws ImagegenError with code `usage` if a user's file has a wanted name; nothing is written then. With code `render`
 *   if a rendition changed during the export.
 */
export async function updateFolder(
  folder: string,
  wanted: ReadonlyMap<string, ExportedFile>,
  list: Omit<ExportList, 'files' | 'version'>,
): Promise<ExportedFiles> {
  const before = readList(folder)
  refuseLinks(folder, [...wanted.keys()])
  const hashes = new Map([...wanted].map(([name, file]) => [name, file.sha256]))
  const present = new Map(
    [...new Set([...wanted.keys(), ...before.keys()])].map((name) => {
      const bytes = isBehindLink(folder, name)
        ? undefined
        : readFileIfThere(path.join(folder, name))
      return [name, bytes === undefined ? undefined : sha256(bytes)]
    }),
  )
  const isOurs = (name: string): boolean => present.get(name) === before.get(name)
  const changed = [...wanted.keys()].filter((name) => present.get(name) !== hashes.get(name))
  refuse(
    folder,
    changed.filter((name) => present.get(name) !== undefined && !isOurs(name)),
  )
  for (const [name, file] of wanted) {
    if (present.get(name) === file.sha256) continue
    const bytes = readRendition(file)
    refuseLinks(folder, [name])
    await writeFileAtomic(path.join(folder, name), bytes)
  }
  // On a case-insensitive file system, another spelling of a name may be the file that was just written.
  const kept = new Set([...wanted.keys()].map((name) => identityOf(path.join(folder, name))))
  const removed = [...before.keys()].filter(
    (name) =>
      !wanted.has(name) &&
      present.get(name) !== undefined &&
      isOurs(name) &&
      !kept.has(identityOf(path.join(folder, name))) &&
      !isBehindLink(folder, name),
  )
  for (const name of removed) rmSync(path.join(folder, name))
  const content: ExportList = { version: 1, ...list, files: Object.fromEntries(hashes) }
  await writeFileIfChanged(path.join(folder, LIST), `${JSON.stringify(content, undefined, 2)}\n`)
  const unchanged = [...wanted.keys()].filter((name) => present.get(name) === hashes.get(name))
  return { written: changed, unchanged, removed }
}

/**
 * Whether a file, or a folder on the way to it, is a symbolic link. The folder that the user named may be a link, but a
 * link below it may have come with the project and must not lead elsewhere.
 */
function isBehindLink(folder: string, name: string): boolean {
  const real = path.join(realPathOf(folder), name)
  return realPathOf(real) !== real
}

function refuseLinks(folder: string, names: readonly string[]): void {
  const linked = names.filter((name) => isBehindLink(folder, name))
  if (linked.length === 0) return
  throw new ImagegenError('usage', {
    message: `In ${folder} a symbolic link is in the way of ${namesOf(linked)}: \`imagegen export\` writes and removes nothing behind links.`,
    hint: 'Remove the link, or export into another folder.',
  })
}

/** Identifies a file by device and inode; undefined if it does not exist. */
function identityOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

function readRendition({ file, sha256: expected }: ExportedFile): Uint8Array {
  const bytes = readFileSync(file)
  if (sha256(bytes) === expected) return bytes
  throw new ImagegenError('render', {
    message: `${file} was changed while it was exported.`,
    hint: 'Check whether another program writes to the folder `cacheDir`, then run the command again.',
  })
}

/** Reads the files of the last export with their hashes. */
function readList(folder: string): ReadonlyMap<string, string> {
  refuseLinks(folder, [LIST])
  const bytes = readFileIfThere(path.join(folder, LIST))
  if (bytes === undefined) return new Map()
  const list = parse(bytes.toString('utf8'))
  if (list === undefined) refuse(folder, [LIST])
  return new Map(
    Object.entries(list ?? {}).flatMap(([name, hash]) =>
      typeof hash === 'string' && isExported(name) ? [[name, hash]] : [],
    ),
  )
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const files = isRecord(value) && value['version'] === 1 ? value['files'] : undefined
    return isRecord(files) ? files : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a name is one that an export writes: an image below the folder. A list that came with the project must not make
 * the command remove other files.
 */
function isExported(name: string): boolean {
  const isPlain = name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Cc}]/u.test(part))
  return isPlain && /\.(?:avif|gif|jpe?g|jxl|png|tiff?|webp)$/.test(name)
}

function namesOf(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
}

function refuse(folder: string, names: readonly string[]): void {
  if (names.length === 0) return
  throw new ImagegenError('usage', {
    message: `${folder} holds files that \`imagegen export\` did not write, or that were changed since: ${namesOf(names)}.`,
    hint: 'Nothing was written. Move them away, or export into another folder.',
  })
}

type Rendition = RenderedImage['renditions'][number]

/**
 * Returns the exported names of images: `src/cast/kira` for `src/cast.image.yaml#kira`; width and extension are added
 * later. A name stays the same when the image changes. Names that a file system may confuse get a part of the id's hash.
 */
export function exportNames(images: readonly PlannedImage[]): (id: string) => string {
  const uses = new Map<string, number>()
  for (const { entry } of images) {
    const name = fold(plainName(entry.id))
    uses.set(name, (uses.get(name) ?? 0) + 1)
  }
  return (id) => {
    const name = plainName(id)
    const isShared = (uses.get(fold(name)) ?? 0) > 1
    return isShared ? `${name}-${sha256(id).slice(0, 8)}` : name
  }
}

function plainName(id: string): string {
  return id
    .replace(/\.image\.ya?ml(#|$)/i, (_, hash: string) => (hash === '' ? '' : '/'))
    .split('/')
    .map((part) => (part === '..' ? '_' : part.replaceAll(/[^\p{L}\p{M}\p{N}_.-]/gu, '_')))
    .join('/')
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** The file name of a rendition of an image that is exported as `name`. */
export function exportedFile(name: string, { width, file }: Rendition): string {
  return `${name}-${width}${path.extname(file)}`
}

/** The value that a build's import returns, with file names of the exported folder as URLs. */
export function exportedImage(name: string, alt: string, rendered: RenderedImage): GeneratedImage {
  return generatedImage(alt, rendered, {
    url: (rendition) => exportedFile(name, rendition),
    plain: (text) => text,
    join: (parts) => parts.join(''),
  })
}
