'use client'

import Image from 'next/image'
import type { GeneratedImage } from 'unplugin-imagegen'

/** Next's `<Image>` with the widths of the manifest: nothing is resized on the server. */
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
      src={image}
      alt={image.alt}
      sizes={sizes}
      loader={({ width }) => candidates.find((each) => each.width >= width)?.url ?? image.src}
    />
  )
}
