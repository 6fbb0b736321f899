import type { Output, Width } from '../manifest/schema/output.ts'
import type { Operation } from '../manifest/schema/process.ts'
import { sizeAfter, type Size } from './operation-size.ts'

export type { Size } from './operation-size.ts'

/**
 * The sizes of a picture's renditions, by width, before rendering: for exact types and for placeholders of the final
 * size.
 *
 * @param original its size after EXIF orientation; `undefined`: unknown.
 * @returns `undefined` where the size depends on the pixels (`trim`, a turn by 45°), or the original's size is needed.
 */
export function predictSizes(
  original: Size | undefined,
  operations: readonly Operation[],
  output: Output,
): readonly Size[] | undefined {
  let size = original
  for (const operation of operations) size = sizeAfter(operation, size)
  if (size === undefined) return undefined
  const crop = cropTo(size, output)
  const finished = crop === undefined ? size : sizeAfter(crop, size)
  return finished && renditionSizes(finished, output.widths)
}

/**
 * The step that crops a picture to the shape of `output`: the largest box of that shape inside the picture, so that
 * nothing is enlarged. `undefined` where it has the shape already.
 */
export function cropTo(size: Size, output: Output): Operation | undefined {
  const { aspectRatio, fit, position } = output
  if (aspectRatio === undefined) return undefined
  const { width, height } = largestBox(size, aspectRatio)
  return width === size.width && height === size.height
    ? undefined
    : { name: 'resize', args: [{ width, height, fit, position }] }
}

function largestBox(size: Size, ratio: Size): Size {
  return size.width * ratio.height > size.height * ratio.width
    ? { width: atLeastOne((size.height * ratio.width) / ratio.height), height: size.height }
    : { width: size.width, height: atLeastOne((size.width * ratio.height) / ratio.width) }
}

/** The sizes for the requested widths, ascending, without duplicates. Widths above the picture's own become its own. */
export function renditionSizes(picture: Size, widths: readonly Width[]): readonly Size[] {
  const distinct = new Set(
    widths.map((width) => (width === 'original' ? picture.width : Math.min(width, picture.width))),
  )
  return [...distinct]
    .sort((left, right) => left - right)
    .map((width) => ({ width, height: atLeastOne((width * picture.height) / picture.width) }))
}

function atLeastOne(value: number): number {
  return Math.max(1, Math.round(value))
}
