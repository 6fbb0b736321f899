import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { photo } from '../pictures.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

const PLAIN = new URL('../programs/plain-sharp.mjs', import.meta.url)
const WIDTHS = [320, 640, 1280]
const FORMATS = { avif: { quality: 50, effort: 3 }, webp: { quality: 80, effort: 4 } }

/**
 * `imagegen export` of photo-like originals, nothing rendered before, against the best program that uses sharp alone.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureRender({ workspace, scale }) {
  const count = scale.of(60, 8)
  const project = workspace.project('render', await sources(count))
  const cwd = project.folder
  const { peakFile } = project
  const plain = (/** @type {Setting} */ { pipelines, threads }, /** @type {number} */ limit) => {
    project.clear('plain')
    const args = [project.file('src'), project.file('plain'), pipelines, threads]
    const what = [JSON.stringify(WIDTHS), JSON.stringify(FORMATS), limit]
    return run(PLAIN, [...args, ...what].map(String), { cwd, peakFile })
  }
  const best = await bestSetting(plain, scale.of(4, 2), scale)
  const all = await rounds(
    {
      plain: () => plain(best, count),
      ours() {
        project.clear('node_modules/.cache', 'out')
        return run(workspace.cli, ['export', '--out', 'out'], { cwd, peakFile })
      },
    },
    scale.runs,
  )
  compare(digests(project.file('plain')), digests(project.file('out')), best)
  project.remove()
  const against = `the best plain sharp program (${best.pipelines} pipelines at once, ${best.threads} libvips thread${best.threads === 1 ? '' : 's'})`
  return [
    judged({
      figure: `render cold: ${count} photo-like originals of 1280x720 to 3 widths of webp and avif`,
      against,
      values: all.map(({ ours, plain: other }) => ours.seconds / other.seconds),
      unit: '×',
      most: 1.05,
      aside: `${seconds(median(all.map(({ ours }) => ours.seconds)))} s`,
    }),
    judged({
      figure: 'its peak memory',
      against,
      values: all.map(({ ours, plain: other }) => ours.megabytes / other.megabytes),
      unit: '×',
      most: 1.3,
      aside: `${Math.round(median(all.map(({ ours }) => ours.megabytes)))} MB`,
    }),
  ]
}

/**
 * @typedef {object} Setting
 * @property {number} pipelines
 * @property {number} threads
 */

/**
 * Tries what there is to choose on this machine.
 *
 * @param {(setting: Setting, limit: number) => Promise<import('../run.mjs').Sample>} plain
 * @param {number} limit pictures
 * @param {import('../row.mjs').Scale} scale
 * @returns {Promise<Setting>}
 */
async function bestSetting(plain, limit, scale) {
  const cores = availableParallelism()
  const settings = [
    { pipelines: cores, threads: 1 },
    { pipelines: 2 * cores, threads: 1 },
    ...(scale.isQuick
      ? []
      : [
          { pipelines: 1, threads: 1 },
          { pipelines: cores + 1, threads: 1 },
          { pipelines: 4 * cores, threads: 1 },
          { pipelines: 1, threads: cores },
          { pipelines: cores, threads: cores },
        ]),
  ]
  /** @type {Record<string, () => Promise<import('../run.mjs').Sample>>} */
  const sides = Object.fromEntries(
    settings.map((setting, index) => [String(index), () => plain(setting, limit)]),
  )
  const all = await rounds(sides, scale.of(3, 1))
  const times = settings.map((setting, index) => ({
    setting,
    time: median(all.map((round) => round[String(index)]?.seconds ?? NaN)),
  }))
  const [best] = times.sort((left, right) => left.time - right.time)
  return best?.setting ?? { pipelines: cores, threads: 1 }
}

/**
 * @param {number} count
 * @returns {Promise<Record<string, string | Buffer>>}
 */
async function sources(count) {
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  const manifest = {
    defaults: { alt: '', output: { formats: ['avif', 'webp'], widths: WIDTHS, ...FORMATS } },
    images: Object.fromEntries(names.map((name) => [name, { source: `./${name}.jpg` }])),
  }
  /** @type {Record<string, string | Buffer>} */
  const files = { 'src/photos.image.yaml': JSON.stringify(manifest) }
  for (const [index, name] of names.entries()) files[`src/${name}.jpg`] = await photo(index + 1)
  return files
}

/**
 * By their bytes: both have other names for them.
 *
 * @param {string} folder
 * @returns {Record<string, string[]>} by format
 */
function digests(folder) {
  /** @type {Record<string, string[]>} */
  const found = { avif: [], webp: [] }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => /\.(?:avif|webp)$/.test(name))) {
    const digest = createHash('sha256')
      .update(readFileSync(`${folder}/${file}`))
      .digest('hex')
    found[file.slice(file.lastIndexOf('.') + 1)]?.push(digest)
  }
  for (const list of Object.values(found)) list.sort()
  return found
}

/**
 * @param {Record<string, string[]>} plain
 * @param {Record<string, string[]>} ours
 * @param {Setting} setting
 */
function compare(plain, ours, { threads }) {
  // Other threads make other AVIF bytes.
  const formats = threads === 1 ? ['avif', 'webp'] : ['webp']
  for (const format of formats) {
    if (JSON.stringify(plain[format]) !== JSON.stringify(ours[format])) {
      throw new Error(`${format}: the two sides have not written the same files`)
    }
  }
}
