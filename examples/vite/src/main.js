import { kira, kiraInLibrary, kiraOnTheQuay, marco } from './pictures/cast.image.yaml'
import cover from './pictures/cover.image.yaml'
import { desert, forest } from './pictures/places.image.yaml'
import { picture } from './picture.js'

const pictures = { cover, kira, kiraInLibrary, kiraOnTheQuay, marco, desert, forest }

for (const figure of document.querySelectorAll('figure[data-picture]')) {
  const image = pictures[figure.dataset.picture]
  const caption = document.createElement('figcaption')
  caption.textContent = image.alt
  figure.replaceChildren(picture(image, figure.dataset.sizes), caption)
}

// A picture that has just been generated takes its place without a reload.
import.meta.hot?.accept()
