/** For the page: brings every picture into view, waits until it is loaded, and loads whatever else is offered for it. */
window.shownPictures = async function shownPictures() {
  async function load(url) {
    const image = new Image()
    image.src = url
    await image.decode()
    return image
  }

  function candidatesOf(element) {
    const type = element.localName === 'source' ? element.type : 'fallback'
    return element.srcset.split(', ').map((candidate) => {
      const [url, width] = candidate.split(' ')
      return { type, url: new URL(url, document.baseURI).href, promised: Number.parseInt(width) }
    })
  }

  async function measure({ type, url, promised }) {
    const { naturalWidth, naturalHeight } = await load(url)
    return { type, url, promised, width: naturalWidth, height: naturalHeight }
  }

  async function describe(picture) {
    const image = picture.querySelector('img')
    const candidates = [...picture.querySelectorAll('source, img')].flatMap(candidatesOf)
    return {
      alt: image.alt,
      isComplete: image.complete,
      chosen: image.currentSrc,
      naturalWidth: image.naturalWidth,
      reserved: { width: image.getAttribute('width'), height: image.getAttribute('height') },
      offered: await Promise.all(candidates.map(measure)),
    }
  }

  for (const image of document.images) {
    image.scrollIntoView()
    await image.decode()
  }
  return Promise.all([...document.querySelectorAll('picture')].map(describe))
}
