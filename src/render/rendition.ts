import type { EncoderOptions, Output, OutputFormat } from '../manifest/schema/output.ts'
import type { Operation } from '../manifest/schema/process.ts'
import { mayBeDeep } from '../pixels/colour.ts'
import type { MediaType } from '../pixels/media-type.ts'
import type { PixelVersions } from '../pixels/versions.ts'
import { digest } from '../shared/hash.ts'
import type { Notice } from './notice.ts'

/** Increased when the same input gives other bytes or other sizes. Every rendition is then re-rendered. */
export const RENDER_VERSION = 1

/**
 * Increased when pictures that are not 8-bit sRGB get other colours. Only pictures that may not be sRGB are then
 * re-rendered.
 */
const COLOUR_VERSION = 1

/** Increased when the facts of a placeholder change. Only images with one are then looked at again. */
const PREVIEW_VERSION = 1

/** Increased when labels look different. Only placeholders are then re-rendered. */
const NOTICE_VERSION = 1

/** What every rendition of an image states about its origin. */
export interface Provenance {
  /** The model's name. Left out where the picture does not say it. */
  readonly model?: string
  /** Whether a person has edited the generated picture. Left out: no, and the keys stay what they were. */
  readonly isEdited?: true
}

/** Everything that decides the finished picture, before it is scaled and encoded. */
export interface PictureRecipe {
  /** The sha256 of the original's bytes. */
  readonly original: string
  /** The original's media type. Omitted where it is unknown. */
  readonly mediaType?: MediaType | undefined
  readonly operations: readonly Operation[]
  readonly output: Output
  readonly versions: PixelVersions
  /** Drawn over it; pictures that are not placeholders have none. */
  readonly notice?: Notice | undefined
}

/** Everything that decides the bytes of one rendition. */
export interface RenditionRecipe extends PictureRecipe {
  readonly format: OutputFormat
  /** Pixels of the file. A request above the picture's width gives the picture's width. */
  readonly width: number
  readonly provenance: Provenance | undefined
}

/** The key of the facts of a finished picture: its size and its placeholder. */
export function pictureKey(recipe: PictureRecipe): string {
  return digest(['picture', ...pictureParts(recipe), ...previewParts(recipe.output)])
}

/** The key of one rendition. Two renditions are the same file if, and only if, their keys are equal. */
export function renditionKey(recipe: RenditionRecipe): string {
  const { format, width, output, provenance } = recipe
  const encoder: EncoderOptions = output.encoders[format]
  return digest(['rendition', ...pictureParts(recipe), format, width, encoder, provenance ?? null])
}

/** The key of all of an image's renditions, under its name, with its placeholder. */
export function imageKey(
  recipe: PictureRecipe,
  name: string,
  provenance: Provenance | undefined,
): string {
  const { output } = recipe
  const preview = output.placeholder === 'none' ? [] : previewParts(output)
  return digest(['image', ...pictureParts(recipe), output, ...preview, name, provenance ?? null])
}

function previewParts({ placeholder }: Output): readonly unknown[] {
  return placeholder === 'none' ? [placeholder] : [placeholder, { preview: PREVIEW_VERSION }]
}

function pictureParts({
  original,
  mediaType,
  operations,
  output,
  versions,
  notice,
}: PictureRecipe): readonly unknown[] {
  return [
    RENDER_VERSION,
    original,
    // Without `files`: the path of a picture on this machine decides nothing.
    operations.map(({ name, args }) => [name, args]),
    cropParts(output),
    versions,
    ...(mayBeDeep(mediaType) || operations.some(({ name }) => name === 'composite')
      ? [{ colours: COLOUR_VERSION }]
      : []),
    ...(notice === undefined ? [] : [{ notice: [NOTICE_VERSION, notice.label, notice.isDimmed] }]),
  ]
}

/** `fit` and `position` matter only where `output` sets a shape. */
function cropParts({ aspectRatio, fit, position }: Output): unknown {
  return aspectRatio === undefined ? null : { aspectRatio, fit, position }
}
