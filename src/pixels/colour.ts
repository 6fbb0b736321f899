import type { Metadata } from 'sharp'
import type { MediaType } from './media-type.ts'

/** What of a picture's header decides how its samples become 8-bit sRGB. */
export type ColourFacts = Pick<Metadata, 'depth' | 'space' | 'icc'>

const EIGHT_BITS: ReadonlySet<MediaType> = new Set([
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/svg+xml',
])

/** Whether files of that type may hold more than 8 bits a channel; so may those of a type that is not known. */
export function mayBeDeep(mediaType: MediaType | undefined): boolean {
  return mediaType === undefined || !EIGHT_BITS.has(mediaType)
}

export function isDeep({ depth }: ColourFacts): boolean {
  return depth !== 'uchar'
}

/** Whether the samples are 8-bit sRGB, or grey, as they stand: then nobody has to convert them. */
export function isPlain(facts: ColourFacts): boolean {
  const { space, icc } = facts
  return (
    !isDeep(facts) && (space === 'srgb' || space === 'b-w') && (icc === undefined || isSrgb(icc))
  )
}

/**
 * By the profile's description, which has one or two bytes a character. Profiles without one, and those of other colour
 * spaces that borrow the curve of sRGB ("Display P3 Gamut with sRGB Transfer"), count as something else.
 */
function isSrgb(icc: Uint8Array): boolean {
  const text = Buffer.from(icc).toString('latin1').replaceAll('\0', '')
  return text.includes('sRGB') && !/P3|2020|Adobe RGB|ProPhoto/.test(text)
}
