/** What the documentation says that an import gives. */
export interface GeneratedImage {
  src: string
  width: number
  height: number
  format: string
  srcset: string
  sources: Record<string, string>
  img: { src: string; w: number; h: number }
  alt: string
}
