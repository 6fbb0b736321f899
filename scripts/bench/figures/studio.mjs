/// <reference lib="dom" />
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { fillStore } from '../filled-store.mjs'
import { manifests } from '../manifests.mjs'
import { photo, withComment } from '../pictures.mjs'
import { judged, median, seconds } from '../row.mjs'
import { environmentOf } from '../run.mjs'

const CHROMIUM = '/usr/bin/chromium'
const SIZE = { width: 320, height: 180 }
/** Milliseconds for the first tile: the first round parses every manifest. */
const FIRST = 300_000
/** Milliseconds after which a pick that wrote nothing has failed. */
const LONGEST_PICK = 60_000
/** Images of each manifest. */
const EACH = 3

const STUDIO = /(http:\/\/127\.0\.0\.1:\d+\/#token=\S+)/

/**
 * The studio in Chromium: the first tile, frames while scrolling and memory at two sizes of project, and how soon a
 * pick is written and shown in a dev server's page.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureStudio({ workspace, scale }) {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no ${CHROMIUM}. On Debian it is in the package chromium.`)
  }
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', '--enable-precise-memory-info'],
  })
  try {
    const rows = [sizeOfThePage(workspace)]
    for (const images of [1000, scale.of(30_000, 3000)]) {
      rows.push(...(await measureWall(workspace, browser, images, scale.runs)))
    }
    rows.push(...(await measurePick(workspace, browser, scale.of(11, 3))))
    return rows
  } finally {
    await browser.close()
  }
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {import('../row.mjs').Row}
 */
function sizeOfThePage(workspace) {
  const page = readFileSync(path.join(workspace.package, 'dist/studio/page.html'))
  const kilobytes = (/** @type {number} */ bytes) => Math.round(bytes / 1000)
  const [packed, whole] = [kilobytes(gzipSync(page).length), kilobytes(page.length)]
  return {
    figure: "the studio's page",
    against: 'nothing',
    target: 'at most 60 kB gzipped, 200 kB on disk',
    reached: `${packed} kB gzipped, ${whole} kB on disk`,
    verdict: packed <= 60 && whole <= 200 ? 'reached' : 'missed',
    ratio: null,
    spread: null,
  }
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {import('playwright-core').Browser} browser
 * @param {number} images
 * @param {number} runs
 */
async function measureWall(workspace, browser, images, runs) {
  const project = workspace.project('studio', manifests(Math.ceil(images / EACH)))
  const picture = await photo(1, SIZE)
  await fillStore(workspace, project, (index) => withComment(picture, String(index)), SIZE)
  const studio = await openStudio(workspace, project)
  /** @type {number[]} */
  const firsts = []
  /** @type {number[][]} */
  const frames = []
  /** @type {number[]} */
  const megabytes = []
  try {
    for (let round = 0; round < runs; round++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const start = performance.now()
      await page.goto(studio.address, { timeout: FIRST })
      await page.locator('main .tile img').first().waitFor({ timeout: FIRST })
      firsts.push((performance.now() - start) / 1000)
      frames.push(await framesWhileScrolling(page))
      megabytes.push(await heapOf(page))
      await page.close()
    }
  } finally {
    // The bench would wait for a program that goes on, and the disk fills up.
    await studio.close()
    project.remove()
  }
  const named = images.toLocaleString('en')
  const longest = median(frames.map((some) => percentile(some, 0.95)))
  return [
    judged({
      figure: `studio with ${named} images: from the address to the first tile`,
      against: 'nothing',
      values: firsts,
      unit: 's',
      most: 1,
    }),
    judged({
      figure: `studio with ${named} images: 95 of 100 frames while scrolling take less than`,
      against: 'nothing',
      values: [longest / 1000],
      unit: 's',
      most: 0.05,
      aside: `${Math.round(median(frames.map((some) => median(some))))} ms is the median`,
    }),
    /** @type {import('../row.mjs').Row} */ ({
      figure: `studio with ${named} images: memory of the page's JavaScript`,
      against: 'nothing',
      target: 'reported',
      reached: `${Math.round(median(megabytes))} MB`,
      verdict: 'reported',
      ratio: null,
      spread: null,
    }),
  ]
}

/**
 * Scrolls as a wheel does, a third of the window a frame, and returns the milliseconds of each frame.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number[]>}
 */
function framesWhileScrolling(page) {
  return page.evaluate(async () => {
    const scroller = [document.scrollingElement, ...document.querySelectorAll('main, main *')]
      .filter((element) => element !== null)
      .find((element) => element.scrollHeight > element.clientHeight + 500)
    if (scroller === undefined) throw new Error('Nothing on the wall scrolls.')
    /** @type {number[]} */
    const taken = []
    let last = performance.now()
    for (let frame = 0; frame < 180; frame++) {
      scroller.scrollTop += 300
      await new Promise((resolve) => requestAnimationFrame(resolve))
      taken.push(performance.now() - last)
      last = performance.now()
    }
    return taken
  })
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number>} megabytes after a collection
 */
async function heapOf(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {import('playwright-core').Browser} browser
 * @param {number} rounds
 */
async function measurePick(workspace, browser, rounds) {
  const project = workspace.project('studio-pick', {
    'src/hero.image.yaml':
      'prompt: A hero\nalt: ""\nn: 2\noutput: { formats: [webp], widths: [160] }\n',
    'src/main.js': `import hero from './hero.image.yaml'
const image = document.querySelector('img')
const show = (hero) => { image.src = hero.src }
show(hero)
import.meta.hot.accept('./hero.image.yaml', (module) => show(module.default))
`,
    'index.html': '<img><script type="module" src="/src/main.js"></script>',
    'vite.config.js': `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen({ dev: { generate: 'off' } })], server: { host: '127.0.0.1' } }
`,
  })
  const picture = await photo(1, SIZE)
  for (const number of ['1', '2']) {
    await fillStore(workspace, project, () => withComment(picture, number), SIZE)
  }
  const server = await openVite(project)
  const manifest = project.file('src/hero.image.yaml')
  /** @type {number[]} */
  const written = []
  /** @type {number[]} */
  const updated = []
  try {
    const shown = await browser.newPage()
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await shown.goto(server.page)
    await page.goto(server.studio)
    await page.getByRole('link', { name: 'src/hero.image.yaml', exact: true }).click()
    for (let round = 0; round < rounds; round++) {
      const before = await shown.locator('img').getAttribute('src')
      await page.getByRole('radio', { name: /in use/, checked: true }).waitFor()
      await page.getByRole('radio', { checked: false }).click()
      const text = readFileSync(manifest, 'utf8')
      const start = performance.now()
      await page.getByRole('button', { name: 'Pick', exact: true }).click()
      while (readFileSync(manifest, 'utf8') === text) {
        if (performance.now() - start > LONGEST_PICK) throw new Error('Pick wrote nothing.')
        await pause(2)
      }
      written.push((performance.now() - start) / 1000)
      await shown.waitForFunction((old) => document.images[0]?.getAttribute('src') !== old, before)
      updated.push((performance.now() - start) / 1000)
    }
    await shown.close()
    await page.close()
  } finally {
    await server.close()
    project.remove()
  }
  return [
    judged({
      figure: 'studio: from a click on Pick to the written manifest',
      against: 'nothing',
      values: written,
      unit: 's',
      most: 0.5,
    }),
    judged({
      figure: 'studio: from a click on Pick to the other picture in the page of the dev server',
      against: 'nothing',
      values: updated,
      unit: 's',
      most: 2,
      aside: `${seconds(Math.max(...updated))} s at most`,
    }),
  ]
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {import('../workspace.mjs').Project} project
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
async function openStudio(workspace, project) {
  const program = await start(project, [workspace.cli, 'studio'], [STUDIO])
  return { address: program.found[0] ?? '', close: () => program.close() }
}

/** @param {import('../workspace.mjs').Project} project */
async function openVite(project) {
  const vite = project.file('node_modules/vite/bin/vite.js')
  const program = await start(project, [vite], [/(http:\S+:\d+\/)(?!#)/, STUDIO])
  const [page = '', studio = ''] = program.found
  return { page, studio, close: () => program.close() }
}

/**
 * Starts a program that serves until it is ended.
 *
 * @param {import('../workspace.mjs').Project} project
 * @param {readonly string[]} args
 * @param {readonly RegExp[]} addresses what it prints; the first group of each counts
 */
async function start({ folder: cwd }, args, addresses) {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environmentOf(cwd), NO_COLOR: '1', IMAGEGEN_MODE: 'generate' },
  })
  const closed = once(child, 'close')
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text))
  for await (const line of createInterface(child.stdout)) {
    printed += `${line}\n`
    const found = addresses.map((address) => address.exec(printed)?.[1])
    if (found.includes(undefined)) continue
    child.stdout.resume()
    return {
      found,
      async close() {
        child.kill('SIGINT')
        await closed
      },
    }
  }
  throw new Error(`${args.join(' ')} ended before it served:\n${printed}`)
}

/**
 * @param {readonly number[]} values
 * @param {number} share from 0 to 1
 */
function percentile(values, share) {
  return values.toSorted((left, right) => left - right)[Math.floor(share * values.length)] ?? NaN
}
