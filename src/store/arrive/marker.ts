import { withoutUnsafe } from '../../shared/plain-text.ts'
import type { Origin, Receipt, UnusableReceipt } from '../receipt.ts'
import type { UnusableInspection } from './inspect-picture.ts'
import type { PendingResponse } from './pending.ts'

/** The marker of a picture that cannot be used. */
export function markerOf(
  response: PendingResponse,
  picture: Pick<UnusableReceipt, 'sha256' | 'bytes'>,
  { unusable, mediaType, size }: UnusableInspection,
): UnusableReceipt {
  const { entry } = response
  return {
    version: 2,
    unusable: withoutUnsafe(unusable).slice(0, LONGEST_REASON),
    ...(entry === undefined ? {} : { entry }),
    ...originOf(response),
    ...picture,
    mediaType,
    width: size?.width ?? null,
    height: size?.height ?? null,
    seed: response.seed,
  }
}

/** Characters of a decoder's words that a marker keeps. */
const LONGEST_REASON = 500

/** Why a picture that the key has already is no further candidate. */
export const DUPLICATE = 'the provider returned a picture that is already there'

/**
 * The marker of a picture that was paid for again.
 *
 * Its size is left out: it is the one that was requested, and not the reason.
 *
 * @param known the receipt of the candidate with the same bytes.
 */
export function duplicateMarker(
  response: PendingResponse,
  { sha256, bytes, mediaType }: Receipt,
): UnusableReceipt {
  return markerOf(response, { sha256, bytes }, { unusable: DUPLICATE, mediaType, size: null })
}

/** What a response says of the origin of its pictures. */
export function originOf(response: PendingResponse): Origin {
  const { key, recipe, name, inputs, provider, model, responseId, usd, time } = response
  return { key, recipe, name, inputs, provider, model, responseId, usd, time }
}
