import { readdirSync } from 'node:fs'
import { galleryProject } from '../gallery.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

const BUILD = new URL('../programs/vite-build.mjs', import.meta.url)

/**
 * What a warm build costs beside the same build without the package, and what one that imports little does not.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureViteWarm({ workspace, scale }) {
  const { ours, plain, entries } = await galleryProject(workspace, scale)
  const build = (/** @type {import('../workspace.mjs').Project} */ { folder }) =>
    run(BUILD, [], { cwd: folder })
  await build(ours)
  const all = await rounds({ plain: () => build(plain), ours: () => build(ours) }, scale.runs)
  const [made, expected] = [ours, plain].map((project) => assetsOf(project).length)
  if (made !== expected || made !== entries + 1) {
    throw new Error(`the two builds differ: ${made} and ${expected} files for ${entries} entries`)
  }
  const rendered = await renderedForOne(ours)
  for (const project of [ours, plain]) project.remove()
  return [
    judged({
      figure: `warm Vite build of ${entries.toLocaleString('en')} entries in ${entries / 10} manifests, everything current, added`,
      against: 'the same build, the modules replaced by plain JavaScript',
      values: all.map((round) => round.ours.seconds - round.plain.seconds),
      unit: 's',
      most: 0.3,
      aside: `${seconds(median(all.map((round) => round.ours.seconds)))} s in all`,
    }),
    {
      figure: `renditions made by a build that imports one manifest of ${entries / 10}`,
      against: 'what that manifest has',
      target: 'exactly 10',
      reached: String(rendered),
      verdict: rendered === 10 ? 'reached' : 'missed',
      ratio: rendered / 10,
      spread: null,
    },
  ]
}

/**
 * @param {import('../workspace.mjs').Project} project
 * @returns {string[]}
 */
function assetsOf(project) {
  return readdirSync(project.file('dist/assets'))
}

/**
 * How many renditions a build from an empty cache makes, where the page shows one manifest.
 *
 * @param {import('../workspace.mjs').Project} project
 * @returns {Promise<number>}
 */
async function renderedForOne(project) {
  project.clear('node_modules/.cache')
  project.write({ 'src/main.js': "import m from './part-0.image.yaml'\nconsole.log(m)" })
  await run(BUILD, [], { cwd: project.folder })
  return readdirSync(project.file('node_modules/.cache/unplugin-imagegen/renditions')).length
}
