import type { EncoderOptions, Output, OutputFormat } from '../manifest/schema/output.ts'
import type { Operation } from '../manifest/schema/process.ts'
import { mayBeDeep } from '../pixels/colour.ts'
import type { MediaType } from '../pixels/media-type.ts'
import type { PixelVersions } from '../pixels/versions.ts'
import { digest } from '../shared/hash.ts'

/** Goes up when the same input would give other bytes, or other sizes: every rendition is then made anew. */
export const RENDER_VERSION = 1

/** Goes up when pictures that are not 8-bit sRGB come out in other colours: only what may be one is re-rendered then. */
const COLOUR_VERSION = 1

/** What every rendition of an image carries about its origin. */
export interface Provenance {
  /** The model's name. */
  readonly model: string
}

/** All that decides the finished picture, before it is scaled and encoded. */
export interface PictureRecipe {
  /** sha256 of the original's bytes. */
  readonly original: string
  /** What kind of file the original is. Left out: that is not known. */
  readonly mediaType?: MediaType | undefined
  readonly operations: readonly Operation[]
  readonly output: Output
  readonly versions: PixelVersions
}

/** All that decides the bytes of one rendition. */
export interface RenditionRecipe extends PictureRecipe {
  readonly format: OutputFormat
  /** Pixels, of the file: what was asked for above the picture's width is that width. */
  readonly width: number
  readonly provenance: Provenance | undefined
}

/** The key of what is known about a finished picture: its size, and what stands in for it until it is loaded. */
export function pictureKey(recipe: PictureRecipe): string {
  return digest(['picture', ...pictureParts(recipe), recipe.output.placeholder])
}

/** The key of one rendition: two of them are the same file if, and only if, their keys are equal. */
export function renditionKey(recipe: RenditionRecipe): string {
  const { format, width, output, provenance } = recipe
  const encoder: EncoderOptions = output.encoders[format]
  return digest(['rendition', ...pictureParts(recipe), format, width, encoder, provenance ?? null])
}

/** The key of what all of an image comes to: its renditions under its name, and what stands in for them. */
export function imageKey(
  recipe: PictureRecipe,
  name: string,
  provenance: Provenance | undefined,
): string {
  return digest(['image', ...pictureParts(recipe), recipe.output, name, provenance ?? null])
}

function pictureParts({
  original,
  mediaType,
  operations,
  output,
  versions,
}: PictureRecipe): readonly unknown[] {
  return [
    RENDER_VERSION,
    original,
    // Without `files`: where a picture lies on this machine decides nothing.
    operations.map(({ name, args }) => [name, args]),
    cropParts(output),
    versions,
    ...(mayBeDeep(mediaType) || operations.some(({ name }) => name === 'composite')
      ? [{ colours: COLOUR_VERSION }]
      : []),
  ]
}

/** `fit` and `position` mean something only where there is a shape to bring the picture into. */
function cropParts({ aspectRatio, fit, position }: Output): unknown {
  return aspectRatio === undefined ? null : { aspectRatio, fit, position }
}
