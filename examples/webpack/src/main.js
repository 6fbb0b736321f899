import cast from '../../vite/src/pictures/cast.image.yaml'
import cover from '../../vite/src/pictures/cover.image.yaml'
import places from '../../vite/src/pictures/places.image.yaml'
import { picture } from './picture.js'

// The default export of a manifest is the record of all its images, or its one image.
const images = [...Object.values(cast), ...Object.values(places)]

function postcard(image, sizes) {
  const caption = document.createElement('figcaption')
  caption.textContent = image.alt
  const figure = document.createElement('figure')
  figure.append(picture(image, sizes), caption)
  return figure
}

document
  .querySelector('main')
  .replaceChildren(
    postcard(cover, '(min-width: 84rem) 78rem, 92vw'),
    ...images.map((image) => postcard(image, '(min-width: 46rem) 25rem, 92vw')),
  )
