import { pictureProps } from 'unplugin-imagegen/html'

/**
 * A `<picture>` of an imported image as an element. Where HTML is wanted, `picture()` from the same place writes it.
 *
 * @param {import('unplugin-imagegen').GeneratedImage} image
 * @param {string} sizes how wide it is shown, as in the attribute
 */
export function picture(image, sizes) {
  const { sources, img } = pictureProps(image, { sizes })
  const element = document.createElement('picture')
  element.append(...sources.map((source) => elementOf('source', source)), elementOf('img', img))
  return element
}

/** @param {string} name @param {object} attributes */
function elementOf(name, attributes) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}
