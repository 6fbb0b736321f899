import type { GeneratedImage } from '../emit/generated-image.ts'
import { warnOfMissingSizes } from './missing-sizes.ts'

/** An image as an import gives it. */
export type PictureImage = Readonly<GeneratedImage>

/** What a picture takes besides its image. Every other attribute goes to the `<img>` as it is. */
export interface PictureOptions {
  /** How wide the picture is shown, as in the attribute. Needed where the image has several widths. */
  readonly sizes?: string | null | undefined
  /**
   * Loads at once and before other pictures: for the largest picture that a visitor sees first.
   *
   * @default false
   */
  readonly priority?: boolean | null | undefined
  /** @default the manifest's. `''` marks a decorative picture and stays. */
  readonly alt?: string | null | undefined
  /** @default 'lazy', and 'eager' with `priority` */
  readonly loading?: 'lazy' | 'eager' | null | undefined
  /** @default 'async' */
  readonly decoding?: 'sync' | 'async' | 'auto' | null | undefined
  /** @default none, and 'high' with `priority` */
  readonly fetchpriority?: 'high' | 'low' | 'auto' | null | undefined
  /** Pixels. Where only one of `width` and `height` is given, the other one follows from the picture's shape. */
  readonly width?: number | string | null | undefined
  /** Pixels. */
  readonly height?: number | string | null | undefined
  /** CSS as text, or an object of properties: `img.style` has the same form. It wins over the placeholder. */
  readonly style?: string | object | null | undefined
  readonly [attribute: string]: unknown
}

/** The attributes of a `<source>`. */
export interface PictureSource {
  readonly media?: string
  readonly type: string
  readonly sizes?: string
  readonly srcset: string
  readonly width: number | string
  readonly height: number | string
}

/** The attributes of the `<img>`, under their names in HTML. */
export interface PictureImg {
  readonly alt: string
  readonly loading: 'lazy' | 'eager'
  readonly decoding: 'sync' | 'async' | 'auto'
  readonly fetchpriority?: 'high' | 'low' | 'auto'
  readonly width: number | string
  readonly height: number | string
  readonly style?: string | object
  /** Left out where the image has one width: then `src` is the only file. */
  readonly sizes?: string
  readonly srcset?: string
  readonly src: string
  readonly [attribute: string]: unknown
}

/** A `<picture>` as plain data. */
export interface PictureProps {
  /** In the order in which browsers look at them. */
  readonly sources: readonly PictureSource[]
  readonly img: PictureImg
}

/**
 * The attributes of a `<picture>` of an imported image: its art direction, then its formats, best first. Every element has
 * a width and a height, so the page does not shift when the file arrives.
 *
 * @throws TypeError if the image is none, such as an export that the manifest does not have.
 */
export function pictureProps(image: PictureImage, options: PictureOptions = {}): PictureProps {
  if (!image?.srcset)
    throw new TypeError(`Not an image of a manifest: ${image as unknown as string}`)
  const {
    height: writtenHeight,
    priority,
    sizes,
    src: _src,
    srcset: _srcset,
    style,
    width,
    ...others
  } = options as Given
  // A box in the picture's own shape asks for no other shape of the pictures for other media.
  const isOwnShape = Math.abs(width / image.width - writtenHeight / image.height) < 0.005
  const height = isOwnShape ? NaN : writtenHeight

  const boxOf = (own: Pixels): object => {
    const scale = width / own.width || height / own.height || 1
    return {
      width: width || Math.round(own.width * scale),
      height: height || Math.round(own.height * scale),
    }
  }

  /** A single file needs no width: with one, browsers would take it to be as wide as `sizes` says. */
  const filesOf = (written: string): Files => {
    const srcset = withSafeUrls(written)
    if (!srcset.includes(', ')) return { srcset: srcset.replace(/ .*/, '') }
    if (!sizes) warnOfMissingSizes(image)
    return { sizes, srcset }
  }
  const files = filesOf(image.srcset)

  return {
    sources: [...(image.media ?? []), { ...image, media: undefined }].flatMap(({ media, ...own }) =>
      Object.entries({ ...own.sources, ...(media && { [own.format]: own.srcset }) }).map(
        ([format, srcset]) =>
          given<PictureSource>({
            media,
            type: `image/${format}`,
            ...filesOf(srcset),
            ...boxOf(own),
          }),
      ),
    ),
    img: given<PictureImg>({
      alt: image.alt,
      loading: priority ? 'eager' : 'lazy',
      decoding: 'async',
      fetchpriority: priority ? 'high' : undefined,
      ...given<object>({ ...others }),
      ...boxOf(image),
      style: styleOf(image, style),
      ...('sizes' in files && files),
      // Some browsers begin to load once they know `src`, so it comes last.
      src: image.src,
    }),
  }
}

interface Pixels {
  readonly width: number
  readonly height: number
}

/** Numbers may be written as texts, with which one can count, too. */
interface Given extends Pixels {
  readonly priority?: PictureOptions['priority']
  readonly sizes?: PictureOptions['sizes']
  readonly src?: unknown
  readonly srcset?: unknown
  readonly style?: PictureOptions['style']
}

interface Files {
  readonly sizes?: string | null | undefined
  readonly srcset: string
}

/** Removes the attributes that have no value. */
function given<Attributes>(attributes: Record<string, unknown>): Attributes {
  for (const name in attributes) {
    const value = attributes[name]
    if (value === null || value === undefined) delete attributes[name]
  }
  return attributes as Attributes
}

/** URLs that a srcset can hold: a base path may have blanks and commas. The comma of a `data:` URL stays. */
function withSafeUrls(srcset: string): string {
  return srcset.replaceAll(
    /(\S.*?)( \d+w(?:, |$))/g,
    (_, url: string, width: string) =>
      url.replaceAll(url.startsWith('data:') ? /\s/g : /[\s,]/g, encodeURIComponent) + width,
  )
}

/**
 * The given style over the placeholder. The placeholder stays behind the picture, so there is none where it would be seen
 * for good (behind transparent parts), or where it is that of another picture (in the dark).
 */
function styleOf(
  { alpha, blurDataURL, color, media }: PictureImage,
  style: PictureOptions['style'],
): PictureOptions['style'] {
  const shown = blurDataURL ? `url("${blurDataURL}") 50%/cover` : color
  if (!shown || alpha || media?.some((each) => /prefers-color-scheme/i.test(each.media))) {
    return style
  }
  const background = `${shown} content-box`
  return typeof style === 'object' && style
    ? { background, ...style }
    : `background:${background};${style ?? ''}`
}
