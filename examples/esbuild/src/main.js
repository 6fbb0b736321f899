import lighthouse from './lighthouse.image.yaml'

const { src, srcset, sources, width, height, alt } = lighthouse
const picture = document.createElement('picture')
for (const [format, candidates] of Object.entries(sources)) {
  const source = document.createElement('source')
  picture.append(Object.assign(source, { type: `image/${format}`, srcset: candidates }))
}
const image = document.createElement('img')
picture.append(
  Object.assign(image, { alt, width, height, srcset, src, style: 'width: 100%; height: auto' }),
)
document.querySelector('main').append(picture)
