/**
 * A `<picture>` of an imported image: the browser takes the first format that it knows, in the smallest width that is
 * large enough for `sizes`.
 *
 * @param {import('unplugin-imagegen').GeneratedImage} image
 * @param {string} sizes how wide it is shown, as in the attribute
 */
export function picture({ src, srcset, sources, width, height, alt, color }, sizes) {
  const image = document.createElement('img')
  image.style.backgroundColor = color
  Object.assign(image, { loading: 'lazy', alt, width, height, sizes, srcset, src })

  const element = document.createElement('picture')
  for (const [format, candidates] of Object.entries(sources)) {
    const source = document.createElement('source')
    element.append(Object.assign(source, { type: `image/${format}`, sizes, srcset: candidates }))
  }
  element.append(image)
  return element
}
