import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { photo } from '../pictures.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'
import { KEPT } from '../workspace.mjs'

const BUILD = new URL('../programs/vite-build.mjs', import.meta.url)
const VERSION = '12.0.1'
const WIDTHS = [320, 640, 1280]

/** Both encoders' options are written out, so that no default decides. */
const FORMATS = { avif: { quality: 50, effort: 3 }, webp: { quality: 80, effort: 4 } }

/**
 * Vite builds that render, and builds that have rendered before, against vite-imagetools.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureViteCold({ workspace, scale }) {
  const tools = await installed()
  const count = scale.of(60, 4)
  /** @type {Record<string, Buffer>} */
  const pictures = {}
  for (let index = 0; index < count; index++)
    pictures[`src/p${index}.jpg`] = await photo(index + 100)
  const ours = workspace.project('vite-ours', { ...pictures, ...oursFiles(count) })
  const other = workspace.project('vite-imagetools', { ...pictures, ...imagetoolsFiles(count) })
  symlinkSync(
    path.join(tools, 'node_modules/vite-imagetools'),
    other.file('node_modules/vite-imagetools'),
  )
  const build = (/** @type {import('../workspace.mjs').Project} */ { folder: cwd, peakFile }) =>
    run(BUILD, [], { cwd, peakFile })
  const cold = (/** @type {import('../workspace.mjs').Project} */ project) => async () => {
    project.clear('node_modules/.cache', 'dist')
    return build(project)
  }
  const coldRounds = await rounds({ ours: cold(ours), other: cold(other) }, scale.of(5, 2))
  compare(ours, other, count)

  // What both add is measured against the same page, its modules replaced by plain JavaScript.
  const plain = workspace.project('vite-plain', plainFiles(ours))
  const warmRounds = await rounds(
    { plain: () => build(plain), ours: () => build(ours), other: () => build(other) },
    scale.of(7, 2),
  )
  for (const project of [ours, other, plain]) project.remove()
  const against = `vite-imagetools ${VERSION}`
  return [
    judged({
      figure: `Vite build of ${count} originals, cold: 3 widths of webp and avif`,
      against,
      values: coldRounds.map((round) => round.ours.seconds / round.other.seconds),
      unit: '×',
      most: 1.05,
      aside: `${seconds(median(coldRounds.map((round) => round.ours.seconds)))} s`,
    }),
    judged({
      figure: 'its peak memory',
      against,
      values: coldRounds.map((round) => round.ours.megabytes / round.other.megabytes),
      unit: '×',
      most: 0.7,
      aside: `${Math.round(median(coldRounds.map((round) => round.ours.megabytes)))} MB`,
    }),
    judged({
      figure: 'the same warm: time added to a build without images',
      against,
      values: [
        median(warmRounds.map((round) => round.ours.seconds - round.plain.seconds)) /
          median(warmRounds.map((round) => round.other.seconds - round.plain.seconds)),
      ],
      unit: '×',
      most: 0.5,
      aside: `${added(warmRounds, 'ours')} against ${added(warmRounds, 'other')} ms`,
    }),
  ]
}

/**
 * @param {readonly import('../rounds.mjs').Round<'plain' | 'ours' | 'other'>[]} all
 * @param {'ours' | 'other'} side
 * @returns {number}
 */
function added(all, side) {
  return Math.round(1000 * median(all.map((round) => round[side].seconds - round.plain.seconds)))
}

/** @returns {Promise<string>} a folder with vite-imagetools, and the same sharp as here; kept from run to run */
async function installed() {
  const folder = path.join(KEPT, `vite-imagetools-${VERSION}`)
  if (!existsSync(path.join(folder, 'node_modules/vite-imagetools'))) {
    mkdirSync(folder, { recursive: true })
    const { default: sharp } = await import('sharp')
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({
        private: true,
        dependencies: { 'vite-imagetools': VERSION },
        overrides: { sharp: sharp.versions.sharp },
      }),
    )
    // Newer versions ask for a newer Node, and run on this one.
    const args = ['install', '--omit=peer', '--legacy-peer-deps', '--no-audit', '--no-fund']
    await promisify(execFile)('npm', args, { cwd: folder })
  }
  return folder
}

/**
 * @param {number} count
 * @returns {Record<string, string>}
 */
function oursFiles(count) {
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  const manifest = {
    defaults: { alt: '', output: { formats: ['avif', 'webp'], widths: WIDTHS, ...FORMATS } },
    images: Object.fromEntries(names.map((name) => [name, { source: `./${name}.jpg` }])),
  }
  return {
    ...page("import all from './photos.image.yaml'\nconsole.log(all)"),
    'src/photos.image.yaml': JSON.stringify(manifest),
    'vite.config.js': `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen()] }
`,
  }
}

/**
 * @param {number} count
 * @returns {Record<string, string>}
 */
function imagetoolsFiles(count) {
  const lines = Array.from({ length: count }, (_, index) =>
    Object.entries(FORMATS).map(
      ([format, { quality, effort }]) =>
        `import ${format}${index} from './p${index}.jpg?w=${WIDTHS.join(';')}&format=${format}&quality=${quality}&effort=${effort}&as=srcset'`,
    ),
  ).flat()
  const names = lines.map((line) => line.split(' ')[1])
  return {
    ...page([...lines, `console.log(${names.join(', ')})`].join('\n')),
    'vite.config.js': `import { imagetools } from 'vite-imagetools'
export default { build: { assetsInlineLimit: 0 }, plugins: [imagetools()] }
`,
  }
}

/**
 * The files that our build made, imported by hand.
 *
 * @param {import('../workspace.mjs').Project} ours
 * @returns {Record<string, string | Buffer>}
 */
function plainFiles(ours) {
  const assets = ours.file('dist/assets')
  const files = picturesIn(assets)
  const imports = files.map(
    (file, index) => `import u${index} from '${path.join(assets, file)}?url&no-inline'`,
  )
  const names = files.map((_, index) => `u${index}`)
  return {
    ...page([...imports, `console.log(${names.join(', ')})`].join('\n')),
    // Vite takes its time to read one, whatever it says.
    'vite.config.js': 'export default {}\n',
  }
}

/**
 * @param {string} main
 * @returns {Record<string, string>}
 */
function page(main) {
  return {
    'index.html': '<!doctype html><script type="module" src="/src/main.js"></script>',
    'src/main.js': main,
  }
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function picturesIn(folder) {
  return readdirSync(folder).filter((name) => /\.(?:avif|webp)$/.test(name))
}

/**
 * The same number of files, and as many bytes within a few per cent: the two write other metadata.
 *
 * @param {import('../workspace.mjs').Project} ours
 * @param {import('../workspace.mjs').Project} other
 * @param {number} count
 */
function compare(ours, other, count) {
  const [one, two] = [ours, other].map((project) => {
    const folder = project.file('dist/assets')
    const files = picturesIn(folder)
    const bytes = files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)
    return { files: files.length, bytes }
  })
  const isAlike =
    one?.files === two?.files && Math.abs((one?.bytes ?? 0) / (two?.bytes ?? 1) - 1) < 0.03
  if (!isAlike || one?.files !== count * 6) {
    throw new Error(`the two builds differ: ${JSON.stringify({ one, two })}`)
  }
}
