/** Everything that `imagegen export` wrote, by the names in the manifests. */
const { images, names } = await (await fetch('art/images.json')).json()

/**
 * @param {string} name
 * @returns {HTMLElement} a `<picture>` where there are several formats, else an `<img>`.
 */
function show(name) {
  const { src, srcset, width, height, alt, sources } = images[names[name]]
  const image = new Image(width, height)
  Object.assign(image, { alt, srcset: inArt(srcset), src: `art/${src}` })
  const others = Object.entries(sources)
  if (others.length === 0) return image
  const picture = document.createElement('picture')
  for (const [format, candidates] of others) {
    const source = document.createElement('source')
    Object.assign(source, { type: `image/${format}`, srcset: inArt(candidates) })
    picture.append(source)
  }
  picture.append(image)
  return picture
}

/** @param {string} srcset whose files lie in `art`. */
function inArt(srcset) {
  return srcset
    .split(', ')
    .map((candidate) => `art/${candidate}`)
    .join(', ')
}

const SEASONS = ['spring', 'summer', 'autumn', 'winter']
const MAP = [
  ['coast', 'coast', 'forest', 'forest', 'town', 'forest'],
  ['coast', 'town', 'forest', 'forest', 'forest', 'coast'],
  ['coast', 'forest', 'forest', 'town', 'coast', 'coast'],
]
const SCENES = { coast: 'the-coast', town: 'the-library', forest: 'the-village' }

let season = 0

function drawMap() {
  const tiles = MAP.flat().map((place) => {
    const button = document.createElement('button')
    button.append(show(`${place}-${SEASONS[season]}`))
    button.addEventListener('click', () =>
      tell(SEASONS[season] === 'winter' ? 'the-pass' : SCENES[place]),
    )
    return button
  })
  find('map').replaceChildren(...tiles)
}

/** @param {string} name of a scene */
function tell(name) {
  const picture = show(name)
  const scene = find('scene')
  scene.querySelector('picture')?.remove()
  scene.prepend(picture)
  find('told').textContent = images[names[name]].alt
  scene.showModal()
}

/** @param {string} id */
function find(id) {
  return document.getElementById(id)
}

find('portrait').append(show('mira-portrait'))
find('season').append(show('compass'))
find('season').addEventListener('click', () => {
  season = (season + 1) % SEASONS.length
  drawMap()
})
drawMap()
