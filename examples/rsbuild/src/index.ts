import { cliffs, dunes, marsh } from './coasts.image.yaml'

for (const { src, srcset, width, height, alt } of [cliffs, dunes, marsh]) {
  const image = document.createElement('img')
  Object.assign(image, { alt, width, height, sizes: '320px', srcset, src })
  image.style.cssText = 'width: 320px; height: auto'
  document.body.append(image)
}
