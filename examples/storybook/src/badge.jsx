/** @param {{ image: import('unplugin-imagegen').GeneratedImage }} props */
export function Badge({ image }) {
  return (
    <picture>
      {Object.entries(image.sources).map(([format, srcset]) => (
        <source key={format} type={`image/${format}`} srcSet={srcset} sizes="16rem" />
      ))}
      <img
        src={image.src}
        srcSet={image.srcset}
        sizes="16rem"
        width={image.width}
        height={image.height}
        alt={image.alt}
        style={{ width: '16rem', height: 'auto', borderRadius: '50%' }}
      />
    </picture>
  )
}
