import type { RenderedImage, Rendition } from '../render/render.ts'
import type { GeneratedImage, MediaSource } from './generated-image.ts'

/** Builds the texts of a value: either the values themselves or code that evaluates to them. */
export interface Spelling {
  readonly url: (rendition: Rendition) => string
  readonly plain: (text: string) => string
  readonly join: (parts: readonly string[]) => string
}

/** What an import shows: the picture, and what is shown for other media. */
export interface ShownImage extends RenderedImage {
  /** In the order of `output.media`. Left out where the image has none. */
  readonly media?: readonly ShownMedia[]
}

/** The picture for one medium. */
export interface ShownMedia extends Pick<RenderedImage, 'renditions'> {
  /** The media query. */
  readonly media: string
}

/** The renditions of an image and of its media, each file once. */
export function allRenditions({ renditions, media = [] }: ShownImage): readonly Rendition[] {
  const all = [...renditions, ...media.flatMap((one) => one.renditions)]
  return [...new Map(all.map((rendition) => [rendition.file, rendition])).values()]
}

/** The value of an image's import, with its texts built by `spelling`. */
export function generatedImage(
  alt: string,
  { renditions, blurDataURL, color, alpha, media }: ShownImage,
  spelling: Spelling,
): GeneratedImage {
  const { plain } = spelling
  const { src, width, height, ...files } = filesOf(renditions, spelling)
  return {
    src,
    width,
    height,
    ...files,
    img: { src, w: width, h: height },
    alt: plain(alt),
    ...(blurDataURL === undefined ? {} : { blurDataURL: plain(blurDataURL) }),
    ...(color === undefined ? {} : { color: plain(color) }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(media === undefined
      ? {}
      : {
          media: media.map((one) => ({
            media: plain(one.media),
            ...filesOf(one.renditions, spelling),
          })),
        }),
  }
}

/** The members that name the files of a picture. */
function filesOf(
  renditions: readonly Rendition[],
  { url, plain, join }: Spelling,
): Omit<MediaSource, 'media'> {
  const fallback = renditions.at(-1)
  if (fallback === undefined) throw new Error('An image without renditions has no value.')
  const srcsetOf = (format: string): string =>
    join(
      renditions
        .filter((rendition) => rendition.format === format)
        .flatMap((rendition, index) => [
          ...(index === 0 ? [] : [plain(', ')]),
          url(rendition),
          plain(` ${rendition.width}w`),
        ]),
    )
  const { width, height, format } = fallback
  const others = new Set(renditions.map((rendition) => rendition.format))
  others.delete(format)
  return {
    src: url(fallback),
    width,
    height,
    format: plain(format),
    srcset: srcsetOf(format),
    sources: Object.fromEntries([...others].map((other) => [other, srcsetOf(other)])),
  }
}
