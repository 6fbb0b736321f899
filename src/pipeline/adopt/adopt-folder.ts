import path from 'node:path'
import type { PlannedImage } from '../../plan/plan.ts'
import { pickedOf } from '../../plan/picked.ts'
import { sha256 } from '../../shared/hash.ts'
import { groupBy } from '../../shared/group-by.ts'
import { readPicture } from './given-picture.ts'
import { listPictures, stemOf } from './picture-folder.ts'
import type { Survey } from '../survey.ts'

/** A picture of a folder and the image that is named like it. */
export interface Pair {
  /** Absolute. */
  readonly file: string
  readonly image: PlannedImage
}

/** Which pictures of a folder belong to which images. */
export interface Pairing {
  /** Pictures to adopt, in the order of the files. */
  readonly pairs: readonly Pair[]
  /** Pictures that their images use already. */
  readonly adopted: readonly Pair[]
  /** Files without an image, or with several, and why. */
  readonly unmatched: ReadonlyArray<{ readonly file: string; readonly reason: string }>
  /** Images without a picture in the folder. */
  readonly without: readonly PlannedImage[]
}

/**
 * Pairs the pictures of a folder with images of the same name. A name that several images have, or several pictures,
 * is paired with none: it is unclear which one is meant.
 *
 * @param folder absolute.
 * @throws ImagegenError with code `usage` for what is not a folder.
 */
export function pairFolder(folder: string, { plan, snapshot }: Survey): Pairing {
  const { pictures, others, folders } = listPictures(folder)
  const byName = groupBy(plan.images, ({ entry }) => entry.name)
  const byStem = groupBy(pictures, stemOf)
  const unmatched: Array<{ file: string; reason: string }> = []
  const found: Pair[] = []
  for (const name of pictures) {
    const stem = stemOf(name)
    const [image, ...more] = byName.get(stem) ?? []
    const same = (byStem.get(stem) ?? []).filter((other) => other !== name)
    if (image === undefined) unmatched.push({ file: name, reason: `no image is named ${stem}` })
    else if (more.length > 0) {
      const ids = [image, ...more].map(({ entry }) => entry.id).join(', ')
      unmatched.push({ file: name, reason: `several images are named ${stem}: ${ids}` })
    } else if (same.length > 0) {
      unmatched.push({ file: name, reason: `${same.join(', ')} has the same name` })
    } else found.push({ file: path.join(folder, name), image })
  }
  unmatched.push(
    ...others.map((file) => ({ file, reason: 'not a supported picture' })),
    ...folders.map((file) => ({ file, reason: 'a folder: adopt it by itself' })),
  )
  const inUse = new Set(found.filter((pair) => isInUse(pair, snapshot)))
  const paired = new Set(found.map(({ image }) => image))
  return {
    pairs: found.filter((pair) => !inUse.has(pair)),
    adopted: [...inUse],
    unmatched,
    without: plan.images.filter((image) => !paired.has(image)),
  }
}

/** Whether an image uses a picture already, as its source or as its candidate. */
function isInUse({ file, image: { entry, made } }: Pair, snapshot: Survey['snapshot']): boolean {
  const inUse =
    entry.subject.kind === 'source'
      ? entry.subject.sha256
      : pickedOf(made === undefined ? [] : snapshot.lookup(made.key).candidates, entry.pick)
          ?.receipt.sha256
  return inUse !== undefined && inUse === sha256(readPicture({ kind: 'file', file }).bytes)
}
