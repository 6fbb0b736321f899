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
 */
export function pictureProps(image: PictureImage, options: PictureOptions = {}): PictureProps {
  const {
    alt,
    decoding,
    fetchpriority,
    height,
    loading,
    priority,
    sizes,
    style,
    width,
    ...others
  } = options

  const boxOf = (own: Pixels): object => {
    const scale = Number(width ?? NaN) / own.width || Number(height ?? NaN) / own.height || 1
    return {
      width: width ?? Math.round(own.width * scale),
      height: height ?? Math.round(own.height * scale),
    }
  }
  const sourcesOf = (
    srcsets: Record<string, string>,
    own: Pixels,
    media?: string,
  ): PictureSource[] =>
    Object.entries(srcsets).map(
      ([format, srcset]) =>
        given({
          media,
          type: `image/${format}`,
          ...filesOf(srcset, sizes),
          ...boxOf(own),
        }) as unknown as PictureSource,
    )

  const files = filesOf(image.srcset, sizes)
  const hasSeveral = files.srcset.includes(', ')
  if (hasSeveral && !sizes) warnOfMissingSizes(image)

  return {
    sources: [
      ...(image.media ?? []).flatMap(({ media, ...own }) =>
        sourcesOf({ ...own.sources, [own.format]: own.srcset }, own, media),
      ),
      ...sourcesOf(image.sources, image),
    ],
    img: {
      ...others,
      // Some browsers begin to load once they know `src`, so it comes last.
      ...given({
        alt: alt ?? image.alt,
        loading: loading ?? (priority ? 'eager' : 'lazy'),
        decoding: decoding ?? 'async',
        fetchpriority: fetchpriority ?? (priority ? 'high' : undefined),
        ...boxOf(image),
        style: styleOf(image, style),
        ...(hasSeveral ? files : {}),
        src: image.src,
      }),
    } as unknown as PictureImg,
  }
}

interface Pixels {
  readonly width: number
  readonly height: number
}

/** The attributes that have a value. */
function given(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => (value ?? undefined) !== undefined),
  )
}

interface Files {
  readonly sizes?: string | null | undefined
  readonly srcset: string
}

/**
 * The files of a srcset, under URLs that a srcset can hold: a base path may have blanks and commas. A single file needs no
 * width: with one, browsers would take it to be as wide as `sizes` says.
 */
function filesOf(srcset: string, sizes: Files['sizes']): Files {
  const files = [...srcset.matchAll(/\s*(.+?)\s+(\d+w)\s*(?:,|$)/g)].map(([, url = '', width]) => ({
    url: url.replaceAll(/[\s,]/g, encodeURIComponent),
    width,
  }))
  if (files.length > 1) {
    return { sizes, srcset: files.map(({ url, width }) => `${url} ${width}`).join(', ') }
  }
  return { srcset: files[0]?.url ?? srcset }
}

/** The given style over the placeholder, which the loaded picture covers. */
function styleOf(image: PictureImage, style: PictureOptions['style']): string | object | undefined {
  const background = backgroundOf(image)
  if (typeof style === 'object' && style !== null) {
    return background === undefined ? style : { background, ...style }
  }
  if (background === undefined) return style ?? undefined
  return `background:${background};${style ?? ''}`
}

/**
 * The placeholder as a CSS background. It stays behind the picture, so there is none where it would be seen for good
 * (behind transparent parts), or where it is that of another picture (in the dark).
 */
function backgroundOf({ alpha, blurDataURL, color, media = [] }: PictureImage): string | undefined {
  if (alpha || media.some((each) => each.media.includes('prefers-color-scheme'))) return undefined
  if (blurDataURL) return `url(${JSON.stringify(blurDataURL)}) 50%/cover no-repeat content-box`
  return color && `${color} content-box`
}
