import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'

/**
 * @import { Projects } from './projects.mjs'
 * @import { Provider } from './provider.mjs'
 * @import { Outcome } from './steps.mjs'
 */

/** Pixels: twice the width at which the page shows a picture. */
const WIDTH = 480

/**
 * Writes `story/dist/index.html`: what each build requested and cost, beside the pictures it made.
 *
 * @param {Projects} projects
 * @param {readonly Outcome[]} outcomes
 * @param {Provider} provider
 */
export async function writeStory(projects, outcomes, provider) {
  const folder = path.join(projects.folder, 'story/dist')
  await mkdir(folder, { recursive: true })
  const originals = await readdir(projects.store)

  /** @param {string} receipt */
  const showPicture = async (receipt) => {
    const original = originals.find(
      (file) => file.startsWith(`${receipt}.`) && !file.endsWith('.json'),
    )
    if (original === undefined) throw new Error(`${receipt}.json has no original beside it.`)
    const { height } = await sharp(path.join(projects.store, original))
      .resize({ width: WIDTH })
      .webp({ quality: 82 })
      .toFile(path.join(folder, `${receipt}.webp`))
    const text = await readFile(path.join(projects.store, `${receipt}.json`), 'utf8')
    const { name, usd } = /** @type {{ name: string, usd: number | null }} */ (JSON.parse(text))
    return { name, file: `${receipt}.webp`, height, usd }
  }

  const sections = []
  for (const outcome of outcomes) {
    const pictures = await Promise.all(outcome.receipts.map(showPicture))
    sections.push(sectionOf(outcome, pictures))
  }
  const requests = outcomes.reduce((sum, outcome) => sum + outcome.requests, 0)
  await writeFile(path.join(folder, 'index.html'), pageOf(sections, requests, provider))
}

/**
 * @param {Outcome} outcome
 * @param {ReadonlyArray<{ name: string, file: string, height: number, usd: number | null }>} pictures
 */
function sectionOf({ step, requests, seconds }, pictures) {
  const usd = pictures.reduce((sum, picture) => sum + (picture.usd ?? NaN), 0)
  const price = Number.isNaN(usd) ? 'unknown price' : `${usd.toFixed(4)} USD`
  const cost = requests === 0 ? 'nothing to pay' : price
  const shown = pictures.map(
    ({ name, file, height }) =>
      `<figure><img src="${file}" alt="" width="${WIDTH}" height="${height}"><figcaption>${name}</figcaption></figure>`,
  )
  return `<li${requests === 0 ? ' class="free"' : ''}>
<header><h2>${step.title}</h2><p>${seconds.toFixed(1)} s</p></header>
<p class="cost"><b>${requests}</b> ${requests === 1 ? 'request' : 'requests'}<span>${cost}</span></p>
${shown.length === 0 ? '' : `<div class="pictures">${shown.join('')}</div>`}
</li>`
}

/**
 * @param {readonly string[]} sections
 * @param {number} requests
 * @param {Provider} provider
 */
function pageOf(sections, requests, { isPaid }) {
  const about = isPaid
    ? 'MiniMax made these pictures.'
    : 'The emulator drew these pictures, so they cost nothing. The prices are those of MiniMax.'
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What five builds cost</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --paper: light-dark(#fbfaf8, #151618); --ink: light-dark(#1d1c1a, #e9e6e1); --soft: light-dark(#6b6760, #a19c94); --line: light-dark(#e2ded6, #303136); --accent: light-dark(#a5402a, #f0966a); }
* { box-sizing: border-box; margin: 0; }
body { max-width: 72rem; margin-inline: auto; padding: clamp(1.5rem, 5vw, 4rem) clamp(1rem, 4vw, 3rem); background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
h1 { max-width: 22ch; font-size: clamp(1.9rem, 4.6vw, 3.2rem); line-height: 1.08; letter-spacing: -0.02em; text-wrap: balance; }
.lead { max-width: 60ch; margin-top: 0.9rem; color: var(--soft); }
ol { margin-top: clamp(2rem, 5vw, 3.5rem); padding: 0; list-style: none; }
li { display: grid; grid-template-columns: minmax(11rem, 1fr) minmax(8rem, auto) minmax(0, 3.4fr); gap: 0.8rem 2rem; padding-block: 1.4rem; border-top: 1px solid var(--line); }
h2 { font-size: 1.05rem; font-weight: 600; line-height: 1.35; text-wrap: balance; }
li header p, figcaption, .cost span { color: var(--soft); font-size: 0.86rem; font-variant-numeric: tabular-nums; }
.cost { line-height: 1.2; }
.cost b { font-size: 1.9rem; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--accent); }
.free .cost b { color: var(--soft); }
.cost span { display: block; margin-top: 0.2rem; }
.pictures { display: flex; flex-wrap: wrap; align-items: end; gap: 0.8rem; }
figure { flex: none; }
img { display: block; width: auto; height: 7.5rem; border-radius: 3px; }
figcaption { margin-top: 0.3rem; }
@media (max-width: 44rem) { li { grid-template-columns: 1fr auto; } .pictures { grid-column: 1 / -1; } .cost { text-align: end; } img { height: 5.6rem; } }
</style>
<main>
<h1>Five builds, ${requests} requests.</h1>
<p class="lead">A build requests what is missing and nothing else: pictures are kept with their receipts, so unchanged ones, other widths and other bundlers cost nothing. A changed prompt requests its picture again, and the pictures that refer to it. ${about}</p>
<ol>
${sections.join('\n')}
</ol>
</main>
</html>
`
}
