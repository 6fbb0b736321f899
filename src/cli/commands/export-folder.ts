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

/** The value of an image in `images.json`. */
export interface ExportedImage extends GeneratedImage {
  /** Whether its files show a placeholder, because there is no original. */
  readonly placeholder?: true
  /** Only with `--all-candidates`, in the order of `pick`. */
  readonly candidates?: readonly ExportedCandidate[]
}

/** A candidate of an image. The files of those that are not in use have their digest in their names. */
export interface ExportedCandidate extends GeneratedImage {
  /** As `pick` counts, from 1. */
  readonly number: number
  /** The digits of its SHA-256 that `pick` takes. */
  readonly digest: string
  readonly sha256: string
  readonly seed: number | null
  /** ISO 8601 in UTC. */
  readonly time: string
  /** Whether it is the one in use. */
  readonly picked: boolean
}

/** The content of `images.json`. */
export interface ExportList {
  readonly version: 1
  /** The images by id. */
  readonly images: Readonly<Record<string, ExportedImage>>
  /** The ids of images by name, for names that only one image has. */
  readonly names: Readonly<Record<string, string>>
  /** SHA-256 of every written file, by name. Other files are never touched. */
  readonly files: Readonly<Record<string, string>>
}

/** What an earlier export wrote, as its list says. */
export interface EarlierExport {
  readonly images: Readonly<Record<string, ExportedImage>>
  readonly names: Readonly<Record<string, string>>
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
 * @param staysOurs whether a file of an earlier export stays although it is not wanted now, by its name. Default: none.
 * @throws ImagegenError with code `usage` if a user's file has a wanted name; nothing is written then. With code `render`
 *   if a rendition changed during the export.
 */
export async function updateFolder(
  folder: string,
  wanted: ReadonlyMap<string, ExportedFile>,
  list: Omit<ExportList, 'files' | 'version'>,
  staysOurs: (name: string) => boolean = () => false,
): Promise<ExportedFiles> {
  const { files: before } = readList(folder)
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
      !staysOurs(name) &&
      present.get(name) !== undefined &&
      isOurs(name) &&
      !kept.has(identityOf(path.join(folder, name))) &&
      !isBehindLink(folder, name),
  )
  for (const name of removed) rmSync(path.join(folder, name))
  const stays = [...before].filter(([name]) => !wanted.has(name) && staysOurs(name))
  // In the order of the images, so that the list is the same whether an export was made at once or in parts.
  const images = Object.values(list.images)
  const places = new Map(
    images.flatMap((image, place) => filesOfImage(image).map((name) => [name, place] as const)),
  )
  const placeOf = (name: string): number => places.get(name) ?? images.length
  const files = [...stays, ...hashes].sort(([one], [other]) => placeOf(one) - placeOf(other))
  const content: ExportList = { version: 1, ...list, files: Object.fromEntries(files) }
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

/** The list of the last export, with the hashes of its files. Its values are as they are in the file. */
interface EarlierList extends EarlierExport {
  readonly files: ReadonlyMap<string, string>
}

/**
 * What the last export into a folder wrote.
 *
 * @throws ImagegenError with code `usage` if the folder has another list, or a link in its place.
 */
export function readEarlierExport(folder: string): EarlierExport {
  const { images, names } = readList(folder)
  return { images, names }
}

function readList(folder: string): EarlierList {
  refuseLinks(folder, [LIST])
  const bytes = readFileIfThere(path.join(folder, LIST))
  if (bytes === undefined) return { images: {}, names: {}, files: new Map() }
  const { images, names, files } = parse(bytes.toString('utf8')) ?? {}
  if (files === undefined) refuse(folder, [LIST])
  return {
    images: Object.fromEntries(
      Object.entries(images ?? {}).filter(
        (one): one is [string, ExportedImage] => isRecord(one[1]) && isListed(one[1]),
      ),
    ),
    names: Object.fromEntries(
      Object.entries(names ?? {}).filter(
        (one): one is [string, string] => typeof one[1] === 'string',
      ),
    ),
    files: new Map(
      Object.entries(files ?? {}).flatMap(([name, hash]) =>
        typeof hash === 'string' && isExported(name) ? [[name, hash]] : [],
      ),
    ),
  }
}

type Parts = Partial<Record<'images' | 'names' | 'files', Readonly<Record<string, unknown>>>>

function parse(text: string): Parts | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value['version'] !== 1) return undefined
    const { images, names, files } = value
    return {
      ...(isRecord(images) ? { images } : {}),
      ...(isRecord(names) ? { names } : {}),
      ...(isRecord(files) ? { files } : {}),
    }
  } catch {
    return undefined
  }
}

/** Whether an entry of a list has the texts that name its files. */
function isListed({
  src,
  srcset,
  sources,
  candidates = [],
}: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof src === 'string' &&
    typeof srcset === 'string' &&
    isRecord(sources) &&
    Object.values(sources).every((one) => typeof one === 'string') &&
    Array.isArray(candidates) &&
    candidates.every((one) => isRecord(one) && isListed({ ...one, candidates: [] }))
  )
}

/** The names of the files of an image of a list, with those of its candidates. */
export function filesOfImage({ candidates = [], ...image }: ExportedImage): readonly string[] {
  return [image, ...candidates].flatMap(({ src, srcset, sources }) => [
    src,
    ...[srcset, ...Object.values(sources)].flatMap((set) =>
      set.split(', ').map((one) => one.replace(/ \d+w$/, '')),
    ),
  ])
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
