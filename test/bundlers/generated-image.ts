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
  media?: MediaSource[]
}

/** What the documentation says that it shows for another medium. */
export interface MediaSource {
  media: string
  width: number
  height: number
  format: string
  src: string
  srcset: string
  sources: Record<string, string>
}
