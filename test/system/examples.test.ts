import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { startDemo, type RunningDemo } from '../examples/start-demo.ts'
import { launchChromium } from './chromium.ts'
import { startGate } from './gate.ts'
import { openPage } from './open-page.ts'
import { shownPictures, type ShownPicture } from './shown-pictures.ts'
import { startViteDevServer } from './vite-dev-server.ts'

let browser: Browser
let folder: string
let demo: RunningDemo

beforeAll(async () => {
  browser = await launchChromium()
  folder = mkdtempSync(path.join(tmpdir(), 'imagegen-examples-'))
  demo = await startDemo(folder)
})

afterAll(async () => {
  await demo?.stop()
  await browser?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

/** By the manifests and what MiniMax makes of their aspect ratios; nothing is enlarged. */
const MADE = [
  { alt: /^Sailing boats/, width: 1344, height: 576, widths: [480, 960, 1344] },
  { alt: /^Kira, the cartographer/, width: 864, height: 1152, widths: [480, 864] },
  { alt: /^Kira looks things up/, width: 960, height: 720, widths: [480, 960] },
  { alt: /^Kira on the quay/, width: 960, height: 720, widths: [480, 960] },
  { alt: /^Marco the ferryman/, width: 960, height: 720, widths: [480, 960] },
  { alt: /^The pine forest/, width: 900, height: 600, widths: [400, 900] },
  { alt: /^Table mountains/, width: 900, height: 600, widths: [400, 900] },
]

/** Which of them is shown is the browser's choice, and may be another after a while. */
function filesOf(pictures: readonly ShownPicture[]): string[] {
  return pictures.flatMap(({ offered }) => offered.map(({ url }) => url))
}

function ofMarco(pictures: readonly ShownPicture[]): ShownPicture[] {
  return pictures.filter(({ alt }) => alt.startsWith('Marco'))
}

const COVER_TYPES = ['image/avif', 'image/webp', 'fallback']
const OTHER_TYPES = ['image/avif', 'fallback']

function expectAsMade(pictures: readonly ShownPicture[]): void {
  expect(pictures).toHaveLength(MADE.length)
  for (const [index, { alt, width, height, widths }] of MADE.entries()) {
    const { isComplete, chosen, reserved, offered, ...picture } = pictures[index]!
    expect(picture.alt).toMatch(alt)
    expect(isComplete).toBe(true)
    expect(reserved).toEqual({ width: `${width}`, height: `${height}` })
    const types = index === 0 ? COVER_TYPES : OTHER_TYPES
    expect(offered.map((file) => [file.type, file.promised, file.width])).toEqual(
      types.flatMap((type) => widths.map((each) => [type, each, each])),
    )
    for (const file of offered) {
      expect(Math.abs(file.height - (file.width * height) / width)).toBeLessThan(1)
    }
    expect(offered.find(({ url }) => url === chosen)?.type).toBe('image/avif')
  }
}

describe('the built pages in Chromium', () => {
  // What `sizes` comes to in a window of that width, picture by picture: 1rem is 16 pixels.
  const pages = [
    { host: 'vite', width: 1280, naturalWidths: [1152, 416, 560, 560, 672, 560, 560] },
    { host: 'webpack', width: 1400, naturalWidths: [1248, 400, 400, 400, 400, 400, 400] },
  ] as const

  it.each(pages)('$host shows every picture', async ({ host, width, naturalWidths }) => {
    const { page, complaints, keepScreenshot } = await openPage(browser, demo.pages[host], {
      width,
    })
    const pictures = await shownPictures(page)
    expectAsMade(pictures)
    expect(pictures.map(({ naturalWidth }) => naturalWidth)).toEqual(naturalWidths)
    await keepScreenshot(`example-${host}`)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each(pages)('$host fits a small window in the dark', async ({ host }) => {
    const opened = await openPage(browser, demo.pages[host], { width: 360, colorScheme: 'dark' })
    expectAsMade(await shownPictures(opened.page))
    expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await opened.keepScreenshot(`example-${host}-small-dark`)
    expect(opened.complaints).toEqual([])
    await opened.page.close()
  })
})

describe('the dev server of the Vite example', () => {
  it('shows placeholders, then the pictures, then those of another prompt, on the open page', async () => {
    const project = path.join(folder, 'vite')
    for (const kept of ['.imagegen', 'node_modules/.cache']) {
      rmSync(path.join(project, kept), { recursive: true })
    }
    const emulator = await startEmulator({ rpm: 0 })
    const gate = await startGate(emulator.url)
    const server = await startViteDevServer(project, {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: gate.url,
    })
    onTestFinished(async () => {
      await server.stop()
      await gate.close()
      await emulator.close()
    })

    const { page, complaints, keepScreenshot } = await openPage(browser, server.url)
    // A reload would forget it.
    await page.evaluate('window.isFirstPage = true')
    await page.waitForFunction(`document.images.length === ${MADE.length}`)
    const standIns = await shownPictures(page)
    expectAsMade(standIns)
    await keepScreenshot('example-vite-stand-ins')
    expect(emulator.stats().requests).toBe(0)

    gate.open()
    await changed(standIns)
    const pictures = await shownPictures(page)
    expectAsMade(pictures)
    expect(emulator.stats().images).toBe(7)
    await keepScreenshot('example-vite-arrived')

    gate.shut()
    const manifest = path.join(project, 'src/pictures/cast.image.yaml')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace('under the night sky', 'at dusk'))
    await changed(ofMarco(pictures))
    const waiting = await shownPictures(page)
    expectAsMade(waiting)
    gate.open()
    await changed(ofMarco(waiting))
    const after = await shownPictures(page)
    expectAsMade(after)
    await keepScreenshot('example-vite-edited')
    expect(emulator.stats().images).toBe(8)
    const others = (of: readonly ShownPicture[]) => of.filter((each) => !ofMarco(of).includes(each))
    expect(filesOf(others(after))).toEqual(filesOf(others(pictures)))

    expect(await page.evaluate('window.isFirstPage')).toBe(true)
    expect(complaints).toEqual([])

    /** Waits until none of these is shown any more. */
    async function changed(before: readonly ShownPicture[]): Promise<void> {
      const gone = JSON.stringify(filesOf(before))
      await page
        .waitForFunction(
          `[...document.images].every((image) => {
            image.loading = 'eager'
            return image.complete && !${gone}.includes(image.currentSrc)
          })`,
          undefined,
          { timeout: 90_000 },
        )
        .catch((error: unknown) => {
          throw new Error(`The page did not change. Vite said:\n${server.output()}`, {
            cause: error,
          })
        })
    }
  })
})
