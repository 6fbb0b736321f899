import lighthouse from './lighthouse.image.yaml'

const { src, srcset, sources, width, height, alt } = lighthouse
const sizes = '(max-width: 60rem) 100vw, 60rem'
const picture = document.createElement('picture')
for (const [format, candidates] of Object.entries(sources)) {
  const source = document.createElement('source')
  picture.append(Object.assign(source, { type: `image/${format}`, sizes, srcset: candidates }))
}
const image = document.createElement('img')
picture.append(
  Object.assign(image, {
    alt,
    width,
    height,
    sizes,
    srcset,
    src,
    style: 'width: 100%; height: auto',
  }),
)
document.querySelector('main').append(picture)
