import { picture } from 'unplugin-imagegen/html'
import { cliffs, dunes, marsh } from './coasts.image.yaml'

document.body.innerHTML = [cliffs, dunes, marsh]
  .map((image) => picture(image, { sizes: '320px', style: 'width: 320px; height: auto' }))
  .join('')
