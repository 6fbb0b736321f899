import type { Page } from 'playwright-core'

/** An `<img>` as the browser shows it; lengths in pixels. */
export interface NaturalSize {
  readonly alt: string
  /** The URL that the browser chose. */
  readonly url: string
  /** Of the file itself, whatever its density. 0 where it could not be shown. */
  readonly width: number
  readonly height: number
}

/** Waits until every `<img>` of the page is loaded, and tells what they show. */
export function naturalSizes(page: Page): Promise<NaturalSize[]> {
  return page.evaluate<NaturalSize[]>(`(async () => {
    const sizes = []
    for (const image of document.images) {
      // Its attribute stays: a page that is about to be hydrated would find one that it did not write.
      if (image.loading === 'lazy') image.scrollIntoView()
      await image.decode().catch(() => undefined)
      const file = new Image()
      file.src = image.currentSrc
      await file.decode().catch(() => undefined)
      sizes.push({
        alt: image.alt,
        url: image.currentSrc,
        width: image.complete ? file.naturalWidth : 0,
        height: image.complete ? file.naturalHeight : 0,
      })
    }
    return sizes
  })()`)
}
