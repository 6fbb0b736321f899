'use client'

import Image from 'next/image'
import type { GeneratedImage } from 'unplugin-imagegen'

/** Next's `<Image>` with the widths of the manifest: no server resizes anything. */
export function RenderedImage({
  image,
  sizes,
}: {
  image: Readonly<GeneratedImage>
  sizes: string
}) {
  const candidates = image.srcset.split(', ').map((candidate) => {
    const [url = image.src, width = ''] = candidate.split(' ')
    return { url, width: Number.parseInt(width) }
  })
  return (
    <Image
      // Next takes a loader whose answer is `src` for one that does nothing.
      src={{ ...image, src: `${image.src}#` }}
      alt={image.alt}
      sizes={sizes}
      loading="eager"
      loader={({ width }) => candidates.find((each) => each.width >= width)?.url ?? image.src}
    />
  )
}
