import type { Metadata } from 'sharp'
import type { MediaType } from './media-type.ts'

/** The facts in a picture's header that decide how its samples become 8-bit sRGB. */
export type ColourFacts = Pick<Metadata, 'depth' | 'space' | 'icc'>

const EIGHT_BITS: ReadonlySet<MediaType> = new Set([
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/svg+xml',
])

/** Whether files of a type may have more than 8 bits a channel. Files of an unknown type may. */
export function mayBeDeep(mediaType: MediaType | undefined): boolean {
  return mediaType === undefined || !EIGHT_BITS.has(mediaType)
}

export function isDeep({ depth }: ColourFacts): boolean {
  return depth !== 'uchar'
}

/** Whether the samples are already 8-bit sRGB or grey, so that no conversion is needed. */
export function isPlain(facts: ColourFacts): boolean {
  const { space, icc } = facts
  return (
    !isDeep(facts) && (space === 'srgb' || space === 'b-w') && (icc === undefined || isSrgb(icc))
  )
}

/**
 * Judges by the profile's description, which has one or two bytes a character. Profiles without one do not count as
 * sRGB, and neither do other colour spaces that borrow the curve of sRGB ("Display P3 Gamut with sRGB Transfer").
 */
function isSrgb(icc: Uint8Array): boolean {
  const text = Buffer.from(icc).toString('latin1').replaceAll('\0', '')
  return text.includes('sRGB') && !/P3|2020|Adobe RGB|ProPhoto/.test(text)
}
