import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

/** A `<picture>` as the browser shows it; lengths in pixels. */
export interface ShownPicture {
  readonly alt: string
  readonly isComplete: boolean
  /** The URL that the browser chose. */
  readonly chosen: string
  /** That of the file by its density: what `sizes` comes to. */
  readonly naturalWidth: number
  /** The attributes: the room that is kept before anything is loaded. */
  readonly reserved: { readonly width: string; readonly height: string }
  readonly offered: readonly OfferedFile[]
}

export interface OfferedFile {
  /** The type of its `<source>`, or `fallback`. */
  readonly type: string
  readonly url: string
  /** The width that `srcset` promises. */
  readonly promised: number
  /** Of the file itself. */
  readonly width: number
  readonly height: number
}

// What runs in the page is no TypeScript: types of the page would be types of the whole project.
const script = readFileSync(new URL('shown-pictures.page.mjs', import.meta.url), 'utf8')

/** Scrolls through a page until all of its pictures are loaded, and tells what they are. */
export function shownPictures(page: Page): Promise<ShownPicture[]> {
  return page.evaluate<ShownPicture[]>(`${script}; window.shownPictures()`)
}
