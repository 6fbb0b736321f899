import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'

/** A window in which a picture is looked at, and the width of the file that suits it. */
export interface Window {
  readonly width: number
  readonly density: number
  readonly file: number
  /** What the system prefers. */
  readonly colorScheme?: 'light' | 'dark'
}

/** For `sizes="(max-width: 700px) 480px, 960px"` and files of 480 and 960 pixels. */
export const SIZES = '(max-width: 700px) 480px, 960px'
export const WINDOWS: readonly Window[] = [
  { width: 360, density: 1, file: 480 },
  { width: 360, density: 2, file: 960 },
  { width: 640, density: 1, file: 480 },
  { width: 640, density: 2, file: 960 },
  { width: 1280, density: 1, file: 960 },
  { width: 1280, density: 2, file: 960 },
]

/** The same for the examples' `sizes="(min-width: 42rem) 40rem, 94vw"`. */
export const EXAMPLE_WINDOWS: readonly Window[] = [
  { width: 360, density: 1, file: 480 },
  { width: 400, density: 2, file: 960 },
  { width: 640, density: 1, file: 960 },
  { width: 640, density: 2, file: 960 },
  { width: 1280, density: 1, file: 960 },
  { width: 1280, density: 2, file: 960 },
]

/** Windows in the dark, for images with `MEDIA`. */
const DARK_WINDOWS: readonly Window[] = [
  { width: 360, density: 1, file: 480, colorScheme: 'dark' },
  { width: 1280, density: 1, file: 960, colorScheme: 'dark' },
]

/** In the `output` of an image: another one in the dark, and a crop in small windows. Each has a shape of its own. */
export const MEDIA =
  'media: [{ media: "(prefers-color-scheme: dark)", image: "#atNight" }, { media: "(max-width: 600px)", aspectRatio: "2:1" }]'

/** The other image, among those of the same manifest. */
export const AT_NIGHT = `
  atNight:
    prompt: The same place at night
    alt: The same place at night
    aspectRatio: "1:1"
    output: { formats: [avif, jpeg], widths: [480, 960] }
`

/** Adds up what the browser reports as shifts of the layout. */
const COUNT_SHIFTS = `
  window.shifts = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
`

/** Two frames: what was there before has been painted. */
const PAINTED = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`

/** The file that a picture shows, in its own pixels. */
export interface ShownFile {
  readonly alt: string
  readonly url: string
  readonly width: number
  readonly height: number
}

export interface Looked {
  /** Pictures in the order of the page. */
  readonly files: readonly ShownFile[]
  /** The sum of the shifts of the layout. */
  readonly shifts: number
  readonly complaints: readonly string[]
}

/**
 * Opens a page in a browser that has cached nothing, paints it before any picture arrives, lets the pictures come, and
 * scrolls to each of them.
 */
export async function lookAt(
  browser: Browser,
  url: string,
  { width, density, colorScheme = 'light' }: Omit<Window, 'file'>,
): Promise<Looked> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    deviceScaleFactor: density,
    colorScheme,
  })
  try {
    const page = await context.newPage()
    const complaints = complaintsOf(page)
    await page.addInitScript(COUNT_SHIFTS)
    let release = (): void => undefined
    const painted = new Promise<void>((resolve) => (release = resolve))
    await page.route('**', async (route) => {
      // In dev servers, modules have the names of pictures, too.
      if (route.request().resourceType() === 'image') await painted
      await route.continue()
    })
    await page.goto(url, { waitUntil: 'domcontentloaded' })
    await page.waitForFunction('document.images.length > 0').catch((error: unknown) => {
      throw new Error(`${url} shows no picture: ${complaints.join(', ')}`, { cause: error })
    })
    await page.evaluate(PAINTED)
    release()
    const files = await page.evaluate<ShownFile[]>(`(async () => {
      const files = []
      for (const image of document.images) {
        image.scrollIntoView()
        await image.decode()
        const file = new Image()
        file.src = image.currentSrc
        await file.decode()
        files.push({
          alt: image.alt,
          url: image.currentSrc,
          width: file.naturalWidth,
          height: file.naturalHeight,
        })
      }
      await ${PAINTED}
      return files
    })()`)
    return { files, shifts: await page.evaluate<number>('window.shifts'), complaints }
  } finally {
    await context.close()
  }
}

function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.location().url.endsWith('/favicon.ico')) return
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return complaints
}

/** A picture of 4:3 that a page has, with AVIF as its best format. */
export interface ExpectedPicture {
  readonly alt: string
  /** Whether its image has `MEDIA`. */
  readonly hasMedia?: boolean
}

/**
 * Looks at a page in windows of three widths and two densities, and in the dark if a picture is another one there: each
 * picture shows the file that suits the window, nothing on the page moves, and nothing is complained of.
 *
 * @returns what the page shows in each of them.
 */
export async function expectWellShown(
  browser: Browser,
  url: string,
  pictures: readonly ExpectedPicture[],
  light: readonly Window[] = WINDOWS,
): Promise<ReadonlyArray<readonly ShownFile[]>> {
  const isDirected = pictures.some(({ hasMedia = false }) => hasMedia)
  const windows = isDirected ? [...light, ...DARK_WINDOWS] : light
  const looks = await Promise.all(windows.map((window) => lookAt(browser, url, window)))
  const seen = looks.map(({ files, shifts, complaints }, index) => {
    const shown = pictures.map(({ alt }) => {
      const file = files.find((each) => each.alt === alt)
      const format = path.posix.extname(new URL(file?.url ?? url).pathname)
      return { alt, format, width: file?.width, height: file?.height }
    })
    return { ...windows[index], shown, shifts, complaints }
  })
  const expected = windows.map((window) => {
    const shown = pictures.map((picture) => {
      const height = heightIn(window, picture)
      return { alt: picture.alt, format: '.avif', width: window.file, height }
    })
    return { ...window, shown, shifts: 0, complaints: [] }
  })
  expect(seen, url).toEqual(expected)
  return looks.map(({ files }) => files)
}

function heightIn(
  { width, file, colorScheme }: Window,
  { hasMedia = false }: ExpectedPicture,
): number {
  if (hasMedia && colorScheme === 'dark') return file
  if (hasMedia && width <= 600) return file / 2
  return (file * 3) / 4
}
