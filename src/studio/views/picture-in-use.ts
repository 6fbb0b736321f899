import { pickedOf, type PlannedImage, type Survey } from '../../pipeline.ts'
import type { Pictures, PictureSource, StoredPicture } from '../listener/pictures.ts'
import type { PictureKey, PictureOrigin, Time } from '../protocol.ts'

/** The picture that an image shows now. */
export interface PictureInUse {
  readonly thumbnail: PictureKey | null
  readonly whole: PictureKey | null
  readonly width: number | null
  readonly height: number | null
  readonly time: Time | null
  readonly origin: PictureOrigin | null
  readonly candidate: StoredPicture | undefined
  /** Its number, from 1; 0: `pick` names a candidate that is not there. */
  readonly number: number
}

/** The candidates of an image, in the order in which `pick` numbers them. */
export function candidatesOf(
  { made }: PlannedImage,
  { snapshot }: Survey,
): readonly StoredPicture[] {
  return made === undefined ? [] : snapshot.lookup(made.key).candidates
}

export function pictureInUse(
  image: PlannedImage,
  survey: Survey,
  pictures: Pictures,
): PictureInUse {
  const { entry, made } = image
  if (entry.subject.kind === 'source') {
    const { file, sha256, isLfsPointer } = entry.subject
    const size = pictures.sizeOf(sha256)
    return {
      ...keysOf(sha256, isLfsPointer ? undefined : { kind: 'file', file }, pictures),
      width: size?.width ?? null,
      height: size?.height ?? null,
      time: null,
      origin: 'source',
      candidate: undefined,
      number: 0,
    }
  }
  const candidates = candidatesOf(image, survey)
  const candidate = pickedOf(candidates, entry.pick)
  if (candidate === undefined) {
    const { width = null, height = null } = made?.expected ?? {}
    return {
      thumbnail: null,
      whole: null,
      width,
      height,
      time: null,
      origin: null,
      candidate: undefined,
      number: typeof entry.pick === 'number' ? entry.pick : 0,
    }
  }
  const { width, height, time, origin = 'provider' } = candidate.receipt
  const number = candidates.indexOf(candidate) + 1
  return { ...keysOfCandidate(candidate, pictures), width, height, time, origin, candidate, number }
}

/** The keys of an original; without its bytes, there are none. */
export function keysOfCandidate(
  candidate: StoredPicture,
  pictures: Pictures,
): Pick<PictureInUse, 'thumbnail' | 'whole'> {
  const source: PictureSource = { kind: 'original', candidate }
  return keysOf(
    candidate.receipt.sha256,
    candidate.bytes === 'present' ? source : undefined,
    pictures,
  )
}

function keysOf(
  digest: string,
  source: PictureSource | undefined,
  pictures: Pictures,
): Pick<PictureInUse, 'thumbnail' | 'whole'> {
  if (source === undefined) return { thumbnail: null, whole: null }
  return { thumbnail: pictures.thumbnail(digest, source), whole: pictures.whole(digest, source) }
}
