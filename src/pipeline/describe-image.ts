import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { placeOf } from '../manifest/manifest.ts'
import { digestPick } from '../plan/picked.ts'
import type { PlannedImage } from '../plan/plan.ts'
import { pictureSize } from '../render/finished-picture.ts'
import { toPosix } from '../shared/files.ts'
import type { Candidate } from '../store/read/snapshot.ts'
import type { Survey } from './survey.ts'

/** An image with what exists of it. Paths are from the root, with `/`. */
export interface DescribedImage {
  readonly image: PlannedImage
  /** Pixels of the original in use, or of the one that would be requested; `null` where they are not known. */
  readonly size: { readonly width: number; readonly height: number } | null
  /** Where the manifest writes the image. */
  readonly written: { readonly file: string; readonly line: number; readonly column: number }
  /** In the order of `pick`. */
  readonly candidates: readonly DescribedCandidate[]
  /** The number of the candidate in use; `null` if there is none. */
  readonly pick: number | null
  /** The files of the original in use: its bytes and its receipt, or the file that `source` names. */
  readonly files: readonly string[]
}

/** One paid picture of an image. */
export interface DescribedCandidate {
  /** As `pick` counts, from 1. */
  readonly number: number
  /** The digits of its SHA-256 that tell it from the others, as `pick` takes them. */
  readonly digest: string
  readonly stored: Candidate
  readonly file: string
  readonly receipt: string
}

/**
 * The candidates of an image, in the order of `pick`.
 *
 * @param root the project's, absolute.
 */
export function candidatesOf(
  { made }: PlannedImage,
  { snapshot }: Survey,
  root: string,
): readonly DescribedCandidate[] {
  const candidates = made === undefined ? [] : snapshot.lookup(made.key).candidates
  return candidates.map((stored, index) => {
    const file = toPosix(path.relative(root, stored.file))
    return {
      number: index + 1,
      digest: digestPick(stored.receipt.sha256, candidates),
      stored,
      file,
      receipt: file.replace(/\.[^.]+$/, '.json'),
    }
  })
}

/** @param root the project's, absolute. */
export async function describeImage(
  image: PlannedImage,
  survey: Survey,
  root: string,
): Promise<DescribedImage> {
  const { entry, made, picked } = image
  const { line, column } = placeOf(entry.manifest, entry.path, 'key')
  const candidates = candidatesOf(image, survey, root)
  const inUse = candidates.find(({ stored }) => stored.receipt.sha256 === picked)
  return {
    image,
    size: inUse?.stored.receipt ?? made?.expected ?? (await sourceSize(image)),
    written: { file: entry.manifest.path, line, column },
    candidates,
    pick: inUse?.number ?? null,
    files:
      entry.subject.kind === 'source'
        ? [toPosix(path.relative(root, entry.subject.file))]
        : inUse === undefined
          ? []
          : [inUse.file, inUse.receipt],
  }
}

/** The pixels of a file that a person made. `null` where it cannot be read, which is reported when it is used. */
async function sourceSize({ entry }: PlannedImage): Promise<DescribedImage['size']> {
  if (entry.subject.kind !== 'source' || entry.subject.isLfsPointer) return null
  try {
    return await pictureSize(await readFile(entry.subject.file))
  } catch {
    return null
  }
}
