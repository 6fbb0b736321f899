import type { Pictures, StoredPicture } from '../listener/pictures.ts'
import type { StoredOriginal } from '../protocol-records.ts'
import { keysOfCandidate } from './picture-in-use.ts'

/** An original with what its receipt says, whether an image uses it or not. */
export function storedOriginal(candidate: StoredPicture, pictures: Pictures): StoredOriginal {
  const { sha256, time, usd, seed, width, height, bytes, mediaType } = candidate.receipt
  const { thumbnail, whole } = keysOfCandidate(candidate, pictures)
  const origin = candidate.receipt.origin ?? 'provider'
  return {
    sha256,
    time,
    usd,
    seed,
    origin,
    width,
    height,
    bytes,
    mediaType,
    thumbnail,
    picture: whole,
  }
}
