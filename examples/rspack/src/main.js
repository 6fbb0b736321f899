import teas from './teas.image.yaml'

for (const { src, srcset, width, height, alt } of Object.values(teas)) {
  const image = document.createElement('img')
  Object.assign(image, {
    alt,
    width,
    height,
    sizes: '240px',
    srcset,
    src,
    style: 'width: 240px; height: auto',
  })
  document.querySelector('main').append(image)
}
