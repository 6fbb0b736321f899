import type { Operation } from '../manifest/schema/process.ts'
import type { JsonValue } from '../shared/hash.ts'

/** Pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

type Arguments = readonly JsonValue[]
type Options = Readonly<Record<string, JsonValue | undefined>>

/**
 * The size of a picture after an operation, computed as libvips does.
 *
 * @param size `undefined`: unknown.
 * @returns `undefined` where it depends on the pixels or on libvips's own rounding.
 */
export function sizeAfter({ name, args }: Operation, size: Size | undefined): Size | undefined {
  if (name === 'resize') {
    const steps = resizeSteps(args, size)
    return steps?.isCertain === true ? steps.result : undefined
  }
  if (name === 'trim') return undefined
  if (name === 'extract') {
    const { width, height } = optionsOf(args)
    return { width: Number(width), height: Number(height) }
  }
  if (size === undefined) return undefined
  if (name === 'extend') return extended(args, size)
  if (name === 'rotate') return turned(args, size)
  return size
}

/**
 * The most pixels that an operation holds at once: a scaled picture before it is cut, or the canvas of a turned
 * picture.
 */
export function peakPixels({ name, args }: Operation, size: Size): number {
  if (name === 'resize') {
    const steps = resizeSteps(args, size)
    return steps === undefined ? area(size) : Math.max(area(steps.scaled), area(steps.result))
  }
  if (name === 'extend') return area(extended(args, size))
  if (name === 'rotate') {
    const diagonal = Math.ceil(Math.hypot(size.width, size.height))
    return area(turned(args, size) ?? { width: diagonal, height: diagonal })
  }
  return area(size)
}

/** The most pixels that a picture has during its operations. The estimate is never too low. */
export function mostPixels(original: Size, operations: readonly Operation[]): number {
  let most = area(original)
  let size = original
  for (const operation of operations) {
    const peak = peakPixels(operation, size)
    most = Math.max(most, peak)
    const side = Math.ceil(Math.sqrt(peak))
    // An operation whose result depends on the pixels never enlarges the picture.
    size = sizeAfter(operation, size) ?? { width: side, height: side }
  }
  return most
}

function area({ width, height }: Size): number {
  return width * height
}

/** `undefined` for angles that are not a multiple of 90: libvips decides how the corners are rounded. */
function turned(args: Arguments, { width, height }: Size): Size | undefined {
  const angle = Number(args[0] ?? 0)
  if (angle % 90 !== 0) return undefined
  return angle % 180 === 0 ? { width, height } : { width: height, height: width }
}

function extended(args: Arguments, { width, height }: Size): Size {
  const [all] = args
  if (typeof all === 'number') return { width: width + 2 * all, height: height + 2 * all }
  const { top = 0, bottom = 0, left = 0, right = 0 } = optionsOf(args)
  return {
    width: width + Number(left) + Number(right),
    height: height + Number(top) + Number(bottom),
  }
}

/** The size to which the picture is scaled, and its size after it is cut or framed. */
interface ResizeSteps {
  readonly scaled: Size
  readonly result: Size
  /**
   * Where a side falls between two pixels, libvips rounds up or down depending on its steps. Where it skips pixels for
   * `nearest`, it cuts off the remainder.
   */
  readonly isCertain: boolean
}

function resizeSteps(args: Arguments, size: Size | undefined): ResizeSteps | undefined {
  const options = optionsOf(args)
  const width = numberOf(options['width']) ?? numberOf(args[0])
  const height = numberOf(options['height']) ?? numberOf(args[1])
  const fit = options['fit'] ?? 'cover'
  if (size === undefined) return sizeOfAnything(width, height, options)
  const [across, down] = shrinks(size, width, height, options)
  const scaled = {
    width: Math.max(1, Math.round(size.width / across)),
    height: Math.max(1, Math.round(size.height / down)),
  }
  const isSubsampled = options['kernel'] === 'nearest' && Math.max(across, down) >= 2
  const isCertain = [size.width / across, size.height / down].every((side) =>
    isSubsampled ? isWhole(side) : !isWhole(side + 0.5),
  )
  const asked = { width: width ?? scaled.width, height: height ?? scaled.height }
  if (fit === 'cover') return { scaled, result: eachOf(Math.min, asked, scaled), isCertain }
  if (fit === 'contain') return { scaled, result: eachOf(Math.max, asked, scaled), isCertain }
  return { scaled, result: scaled, isCertain }
}

function isWhole(side: number): boolean {
  return Math.abs(side - Math.round(side)) < 1e-6
}

function eachOf(choose: (left: number, right: number) => number, left: Size, right: Size): Size {
  return {
    width: choose(left.width, right.width),
    height: choose(left.height, right.height),
  }
}

/**
 * Two given sides decide the size of a picture of unknown size, unless an option makes it depend on the picture's own.
 */
function sizeOfAnything(
  width: number | undefined,
  height: number | undefined,
  options: Options,
): ResizeSteps | undefined {
  const { fit = 'cover', withoutEnlargement, withoutReduction } = options
  const isFixed =
    width !== undefined &&
    height !== undefined &&
    (fit === 'cover' || fit === 'contain' || fit === 'fill') &&
    withoutEnlargement !== true &&
    withoutReduction !== true
  const fixed = { width: width ?? 0, height: height ?? 0 }
  return isFixed ? { scaled: fixed, result: fixed, isCertain: true } : undefined
}

/** The factors by which libvips shrinks the picture, across and down. */
function shrinks(
  size: Size,
  width: number | undefined,
  height: number | undefined,
  options: Options,
): readonly [number, number] {
  const { fit = 'cover', withoutEnlargement, withoutReduction } = options
  let across = width === undefined ? 1 : size.width / width
  let down = height === undefined ? 1 : size.height / height
  if (fit !== 'fill') {
    if (width === undefined) across = down
    else if (height === undefined) down = across
    else {
      const both =
        fit === 'cover' || fit === 'outside' ? Math.min(across, down) : Math.max(across, down)
      across = both
      down = both
    }
  }
  // libvips uses the second name only where the first is not set.
  const bound = (shrink: number): number => {
    if (withoutReduction === true) return Math.min(1, shrink)
    return withoutEnlargement === true ? Math.max(1, shrink) : shrink
  }
  return [Math.min(bound(across), size.width), Math.min(bound(down), size.height)]
}

function optionsOf(args: Arguments): Options {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null && !Array.isArray(last) ? last : {}
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
