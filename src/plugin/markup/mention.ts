import type { RenderedImage } from '../../pipeline.ts'
import type { ImagegenError, Problem } from '../../shared/errors.ts'
import { MANIFEST_ID } from '../module-id.ts'

type Rendition = RenderedImage['renditions'][number]

/** A spot in HTML, CSS or code that names a manifest by its URL. */
export interface Mention {
  /** What is replaced, as offsets into the text. */
  readonly start: number
  readonly end: number
  /** Where an error points to. */
  readonly at: number
  /** The URL, without the quotes, escapes and entities of its language. */
  readonly url: string
  /**
   * The text that replaces it.
   *
   * @throws ImagegenError if the spot asks for what the image does not have.
   */
  readonly write: (image: NamedImage) => string
}

/** The image that a mention names. */
export interface NamedImage {
  /** By format, best first, and in each format by width, ascending. */
  readonly renditions: readonly Rendition[]
  /** The URL by which the host finds a rendition. */
  urlOf(this: void, rendition: Rendition): string
  /** An error at the mention. */
  refusal(this: void, problem: Pick<Problem, 'message' | 'hint'>): ImagegenError
}

/** Whether a URL may name a manifest. */
export function namesManifest(url: string): boolean {
  const [file = ''] = url.split(/[?#]/)
  return MANIFEST_ID.test(file) && !/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(url)
}

/**
 * All widths of the format that a spot asks for, ascending.
 *
 * @param type a media type such as `image/avif`; undefined: the fallback format.
 */
export function widthsOf(
  { renditions, refusal }: NamedImage,
  type: string | undefined,
): readonly Rendition[] {
  const format = type === undefined ? renditions.at(-1)?.format : formatOf(type)
  const found = renditions.filter((rendition) => rendition.format === format)
  if (found.length > 0) return found
  const known = [...new Set(renditions.map((rendition) => mediaType(rendition)))].join(', ')
  throw refusal({
    message: `The image has no rendition of the type \`${type}\`.`,
    hint: `It has ${known}. Write one of these types, or add the format to \`output.formats\`.`,
  })
}

/** The largest rendition of the format that a spot asks for. */
export function largestOf(image: NamedImage, type: string | undefined): Rendition {
  const largest = widthsOf(image, type).at(-1)
  if (largest === undefined) throw new Error('An image without renditions has no URL.')
  return largest
}

/** The rendition of a width, which a `w` descriptor promises to the browser. */
export function ofWidth(image: NamedImage, type: string | undefined, width: number): Rendition {
  const widths = widthsOf(image, type)
  const found = widths.find((rendition) => rendition.width === width)
  if (found !== undefined) return found
  throw image.refusal({
    message: `The image has no width of ${width} pixels.`,
    hint: `It has ${widths.map((rendition) => rendition.width).join(', ')}. Leave out \`${width}w\` to get all of them, or add the width to \`output.widths\`.`,
  })
}

/** The largest rendition of each format, best first. */
export function largestOfEach({ renditions }: NamedImage): readonly Rendition[] {
  return [...new Map(renditions.map((rendition) => [rendition.format, rendition])).values()]
}

export function mediaType({ format }: Pick<Rendition, 'format'>): string {
  return `image/${format}`
}

/** `image/avif; codecs=…` means the format `avif`. */
function formatOf(type: string): string {
  const [plain = ''] = type.trim().toLowerCase().split(';')
  return plain
    .trim()
    .replace(/^image\//, '')
    .replace(/^jpg$/, 'jpeg')
}
