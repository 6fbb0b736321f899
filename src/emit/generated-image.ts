/*
 * Components and users' pages see these types, so this module imports nothing: the renderer's types need those of Node.js,
 * which a page's project may not have.
 */

/** The value of an import: one value for a plain `<picture>`, `next/image`, Astro's `<Image>` and enhanced-img. */
export interface GeneratedImage {
  /** URL of the fallback format in its largest width. */
  src: string
  /** Pixels of `src`. */
  width: number
  /** Pixels of `src`. */
  height: number
  /** The fallback format: `jpeg`, `webp`, … */
  format: string
  /** The fallback format in all widths. */
  srcset: string
  /** Format → srcset, best first, without the fallback. */
  sources: Record<string, string>
  img: { src: string; w: number; h: number }
  /** `''` for a decorative image. */
  alt: string
  /** Only with `placeholder: blur`. */
  blurDataURL?: string
  /** Only with `placeholder: color`: `#rrggbb`. */
  color?: string
  /**
   * Only with a placeholder, where the page is seen through parts of the picture or of one for other media, and so would be
   * a background.
   */
  alpha?: true
  /** Only with `output.media`: the pictures for other media, in order; the first whose query matches is shown. */
  media?: MediaSource[]
}

/** The picture that an image shows where a media query matches: another crop, or another image. */
export interface MediaSource {
  /** A media query: `(max-width: 600px)`, `(prefers-color-scheme: dark)`. */
  media: string
  /** Pixels of `src`. */
  width: number
  /** Pixels of `src`. */
  height: number
  /** The fallback format: `jpeg`, `webp`, … */
  format: string
  /** URL of the fallback format in its largest width. */
  src: string
  /** The fallback format in all widths. */
  srcset: string
  /** Format → srcset, best first, without the fallback. */
  sources: Record<string, string>
}
