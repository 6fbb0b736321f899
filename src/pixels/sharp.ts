import type { Sharp, SharpOptions } from 'sharp'
import { PIXEL_LIMIT } from './pixel-limit.ts'
import { assertDrawable } from './svg-references.ts'

export type { Sharp } from 'sharp'

type SharpModule = (typeof import('sharp'))['default']

export { PIXEL_LIMIT }

/** The longest side that a manifest may request, in pixels: WebP's limit, the lowest of all written formats. */
export const SIDE_LIMIT = 16_383

/**
 * Loads sharp when the first pixel is needed. Importing it takes a tenth of a second, which plans and warm builds do
 * not need.
 */
export async function loadSharp(): Promise<SharpModule> {
  const { default: sharp } = await import('sharp')
  return sharp
}

/**
 * Opens picture bytes with the limits of every decode in this project: a pixel limit, and failing on any error.
 *
 * @throws Error for an SVG that is refused before it is drawn.
 */
export async function openImage(bytes: Uint8Array, options: SharpOptions = {}): Promise<Sharp> {
  assertDrawable(bytes)
  const sharp = await loadSharp()
  return sharp(bytes, { limitInputPixels: PIXEL_LIMIT, failOn: 'error', ...options })
}
