import type { GeneratedImage } from 'unplugin-imagegen'

/** A `<picture>` in the formats and widths of the manifest; on the server and in the browser. */
export function Picture({ image, sizes }: { image: Readonly<GeneratedImage>; sizes: string }) {
  return (
    <picture>
      {Object.entries(image.sources).map(([format, srcset]) => (
        <source key={format} type={`image/${format}`} srcSet={srcset} sizes={sizes} />
      ))}
      <img
        src={image.src}
        srcSet={image.srcset}
        sizes={sizes}
        width={image.width}
        height={image.height}
        alt={image.alt}
      />
    </picture>
  )
}
