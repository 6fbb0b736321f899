import { picture } from 'unplugin-imagegen/html'
import lighthouse from './lighthouse.image.yaml'

document.querySelector('main').innerHTML = picture(lighthouse, {
  sizes: '(max-width: 60rem) 100vw, 60rem',
  style: 'width: 100%; height: auto',
})
