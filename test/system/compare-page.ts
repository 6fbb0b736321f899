import { createHash } from 'node:crypto'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { temporaryProject } from '../temporary-project.ts'
import { openPage, type OpenedPage, type PageSettings } from './open-page.ts'

const source = path.join(import.meta.dirname, '../../src/studio/page')

const ENTRY = `
import { h, render } from 'preact'
import { Compare } from './compare/compare.tsx'
import { KeysProvider } from './controls/commands.tsx'
import { listenToKeys } from './keys.ts'
import './styles/page.css'

const steps = JSON.parse(document.getElementById('steps').textContent)
const keys = listenToKeys(() => true, window)
render(h(KeysProvider, { value: keys }, h(Compare, { steps })), document.getElementById('studio'))
`

/** Pixels in RGB or RGBA. */
export interface Raw {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

export interface StepOfFiles {
  readonly name: string
  readonly pictures: ReadonlyArray<{ readonly label: string; readonly picture: Raw }>
}

/** Pixels without any pattern, so that a picture that is moved by one pixel is another one. */
export function noise(seed: number, width: number, height: number, channels: 3 | 4 = 3): Raw {
  let state = seed * 2_654_435_761 + 1
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0
    return state >>> 24
  })
  return { data: Buffer.from(data), width, height, channels }
}

async function script(): Promise<{ js: string; css: string }> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: source, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    outdir: source,
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  })
  const textOf = (end: string): string =>
    outputFiles.find((file) => file.path.endsWith(end))?.text ?? ''
  return { js: textOf('.js'), css: textOf('.css') }
}

/** Opens a page from a file that compares pictures of files, under a policy that allows pictures and nothing else. */
export async function openCompare(
  browser: Browser,
  steps: readonly StepOfFiles[],
  settings: PageSettings = {},
): Promise<OpenedPage> {
  const { js, css } = await script()
  const hash = (text: string): string =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = `default-src 'none'; img-src file:; script-src ${hash(js)}; style-src ${hash(css)}`
  const files: Record<string, string | Buffer> = {}
  const data = await Promise.all(
    steps.map(async ({ name, pictures }, at) => ({
      name,
      pictures: await Promise.all(
        pictures.map(async ({ label, picture: { data, width, height, channels } }, index) => {
          const url = `pictures/${at}-${index}.png`
          files[url] = await sharp(data, { raw: { width, height, channels } }).png().toBuffer()
          return { label, url, width, height }
        }),
      ),
    })),
  )
  files['page.html'] = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><title>Compare</title>
<style>${css}</style></head><body><header><h1 class="hidden">Compare</h1></header><main id="studio"></main>
<script type="application/json" id="steps">${JSON.stringify(data)}</script><script>${js}</script></body></html>`
  const project = await temporaryProject(files)
  const opened = await openPage(browser, pathToFileURL(project.file('page.html')).href, settings)
  await loaded(opened.page)
  return opened
}

/** Waits until every picture on the stage is there. */
export async function loaded(page: Page): Promise<void> {
  await page.locator('.stage-pane img').first().waitFor()
  await page.evaluate(
    'Promise.all([...document.querySelectorAll("img")].map((image) => image.decode()))',
  )
}

/** A rectangle of the page, in pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What a part of the screen shows, in RGB. */
export async function shot(page: Page, clip: Box): Promise<Raw> {
  return partOf(await page.screenshot(), clip)
}

/** A part of a screenshot, in RGB. */
export async function partOf(screen: Buffer, { x, y, width, height }: Box): Promise<Raw> {
  const { data, info } = await sharp(screen)
    .extract({ left: x, top: y, width, height })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: 3 }
}

/** Every frame that the browser paints while something happens. */
export async function framesOf(page: Page, happen: () => Promise<void>): Promise<Buffer[]> {
  const client = await page.context().newCDPSession(page)
  const frames: Buffer[] = []
  client.on('Page.screencastFrame', ({ data, sessionId }) => {
    frames.push(Buffer.from(data, 'base64'))
    void client.send('Page.screencastFrameAck', { sessionId })
  })
  await client.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 })
  await happen()
  await client.send('Page.stopScreencast')
  return frames
}

type Finger = readonly [x: number, y: number]

/** Fingers that touch the screen in one place each and leave it in another. */
export async function fingersOn(
  page: Page,
): Promise<(from: readonly Finger[], to: readonly Finger[]) => Promise<void>> {
  const client = await page.context().newCDPSession(page)
  const send = async (type: 'touchStart' | 'touchMove' | 'touchEnd', at: readonly Finger[]) => {
    const touchPoints = at.map(([x, y], id) => ({ x, y, id }))
    await client.send('Input.dispatchTouchEvent', { type, touchPoints })
  }
  return async (from, to) => {
    await send('touchStart', from)
    for (const part of [0.25, 0.5, 0.75, 1]) {
      const between = from.map(([x, y], finger): Finger => {
        const [endX, endY] = to[finger] ?? [x, y]
        return [x + (endX - x) * part, y + (endY - y) * part]
      })
      await send('touchMove', between)
    }
    await send('touchEnd', [])
  }
}

/** A part of a picture whose pixels are squares of several pixels; from a place within it. */
export function enlarged(
  { data, width, channels }: Raw,
  by: number,
  left: number,
  top: number,
  size: { readonly width: number; readonly height: number },
): Raw {
  const pixels = Buffer.alloc(size.width * size.height * channels)
  for (let row = 0; row < size.height; row += 1) {
    for (let column = 0; column < size.width; column += 1) {
      const [x, y] = [Math.floor((left + column) / by), Math.floor((top + row) / by)]
      const from = (y * width + x) * channels
      data.copy(pixels, (row * size.width + column) * channels, from, from + channels)
    }
  }
  return { data: pixels, width: size.width, height: size.height, channels }
}

/** A rectangle of a picture. */
export function cut(
  { data, width, channels }: Raw,
  left: number,
  top: number,
  [columns, rows]: readonly [number, number],
): Raw {
  const lines = Array.from({ length: rows }, (_, row) => {
    const from = ((top + row) * width + left) * channels
    return data.subarray(from, from + columns * channels)
  })
  return { data: Buffer.concat(lines), width: columns, height: rows, channels }
}

/** How many pixels differ. Pictures of different sizes have nothing in common. */
export function differing(one: Raw, other: Raw): number {
  if (one.width !== other.width || one.height !== other.height || one.channels !== other.channels) {
    return Number.POSITIVE_INFINITY
  }
  let count = 0
  for (let at = 0; at < one.data.length; at += one.channels) {
    const isSame = one.data
      .subarray(at, at + one.channels)
      .equals(other.data.subarray(at, at + one.channels))
    if (!isSame) count += 1
  }
  return count
}

/** Where pictures can be seen: the one that the others are held against comes first. */
export async function roomsOf(page: Page): Promise<Box[]> {
  const rooms = ['reference', 'shown', 'more'].map((role) =>
    page.locator(`.stage-pane[data-role=${role}]`).all(),
  )
  const boxes = (await Promise.all(rooms)).flat().map((room) => room.boundingBox())
  return (await Promise.all(boxes)).flatMap((box) => (box === null ? [] : painted(box)))
}

/** A box as it is painted: from a whole pixel of the screen, whatever stands above it. */
function painted({ x, y, width, height }: Box): Box {
  return {
    x: Math.round(x),
    y: Math.round(y),
    width: Math.round(width),
    height: Math.round(height),
  }
}

/** Where the picture of a role is drawn. */
export async function boxOf(page: Page, role: 'shown' | 'reference' | 'more'): Promise<Box> {
  const box = await page.locator(`.stage-pane[data-role=${role}] img`).boundingBox()
  if (box === null) throw new Error(`No picture is ${role}.`)
  return painted(box)
}
