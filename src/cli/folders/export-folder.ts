import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { GeneratedImage } from '../../emit/generated-image.ts'
import { generatedImage } from '../../emit/shown-image.ts'
import type { PlannedImage, RenderedImage, ShownImage } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import { isRecord } from '../../shared/record.ts'
import { type FolderChanges, type FolderOwner, ownFolder } from './owned-folder.ts'

/** The list of an exported folder's images. It is written last. */
export const LIST = 'images.json'

const OWNER: FolderOwner = {
  command: 'export',
  list: LIST,
  isOurs: (name) => /\.(?:avif|gif|jpe?g|jxl|png|tiff?|webp)$/.test(name),
}

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
): Promise<FolderChanges> {
  // In the order of the images, so that the list is the same whether an export was made at once or in parts.
  const images = Object.values(list.images)
  const places = new Map(
    images.flatMap((image, place) => filesOfImage(image).map((name) => [name, place] as const)),
  )
  const placeOf = (name: string): number => places.get(name) ?? images.length
  return ownFolder(folder, OWNER).update({
    wanted: new Map(
      [...wanted].map(([name, file]) => [
        name,
        { sha256: file.sha256, read: () => readRendition(file) },
      ]),
    ),
    stays: staysOurs,
    listOf(files): ExportList {
      const sorted = files.toSorted(([one], [other]) => placeOf(one) - placeOf(other))
      return { version: 1, ...list, files: Object.fromEntries(sorted) }
    },
  })
}

function readRendition({ file, sha256: expected }: ExportedFile): Uint8Array {
  const bytes = readFileSync(file)
  if (sha256(bytes) === expected) return bytes
  throw new ImagegenError('render', {
    message: `${file} was changed while it was exported.`,
    hint: 'Check whether another program writes to the folder `cacheDir`, then run the command again.',
  })
}

/**
 * What the last export into a folder wrote.
 *
 * @throws ImagegenError with code `usage` if the folder has another list, or a link in its place.
 */
export function readEarlierExport(folder: string): EarlierExport {
  const { images, names } = ownFolder(folder, OWNER).list() ?? {}
  return {
    images: Object.fromEntries(
      Object.entries(isRecord(images) ? images : {}).filter(
        (one): one is [string, ExportedImage] => isRecord(one[1]) && isListed(one[1]),
      ),
    ),
    names: Object.fromEntries(
      Object.entries(isRecord(names) ? names : {}).filter(
        (one): one is [string, string] => typeof one[1] === 'string',
      ),
    ),
  }
}

/** Whether an entry of a list has the texts that name its files. */
function isListed({ candidates = [], ...image }: Readonly<Record<string, unknown>>): boolean {
  const { media = [] } = image
  return (
    namesFiles(image) &&
    [media, candidates].every(
      (parts) => Array.isArray(parts) && parts.every((one) => isRecord(one) && namesFiles(one)),
    )
  )
}

function namesFiles({ src, srcset, sources }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof src === 'string' &&
    typeof srcset === 'string' &&
    isRecord(sources) &&
    Object.values(sources).every((one) => typeof one === 'string')
  )
}

/** The names of the files of an image of a list, with those of its media and candidates. */
export function filesOfImage({
  candidates = [],
  media = [],
  ...image
}: ExportedImage): readonly string[] {
  return [image, ...media, ...candidates].flatMap(({ src, srcset, sources }) => [
    src,
    ...[srcset, ...Object.values(sources)].flatMap((set) =>
      set.split(', ').map((one) => one.replace(/ \d+w$/, '')),
    ),
  ])
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

/**
 * The value that a build's import returns, with file names of the exported folder as URLs.
 *
 * @param nameOf the exported name of the image that a rendition belongs to.
 */
export function exportedImage(
  alt: string,
  shown: ShownImage,
  nameOf: (rendition: Rendition) => string,
): GeneratedImage {
  return generatedImage(alt, shown, {
    url: (rendition) => exportedFile(nameOf(rendition), rendition),
    plain: (text) => text,
    join: (parts) => parts.join(''),
  })
}
