/** What an import gives: one value for a plain `<picture>`, `next/image`, Astro's `<Image>` and enhanced-img. */
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
  /** Format → srcset, best first; the fallback is left out. */
  sources: Record<string, string>
  img: { src: string; w: number; h: number }
  /** `''` where the picture is decoration. */
  alt: string
  /** Only with `placeholder: blur`. */
  blurDataURL?: string
  /** Only with `placeholder: color`: `#rrggbb`. */
  color?: string
}
