import { fillStore } from '../filled-store.mjs'
import { manifests } from '../manifests.mjs'
import { photo, withComment } from '../pictures.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'
import { galleryProject } from '../gallery.mjs'

const START = new URL('../programs/vite-dev-start.mjs', import.meta.url)
const EDIT = new URL('../programs/vite-dev-edit.mjs', import.meta.url)

/**
 * Vite's dev server: how much later it is ready, with everything current.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureDevStart({ workspace, scale }) {
  const { ours, plain, entries } = await galleryProject(workspace, scale)
  const ready = async (/** @type {import('../workspace.mjs').Project} */ { folder }) => {
    const sample = await run(START, [], { cwd: folder })
    return { ...sample, seconds: Number(sample.stdout) }
  }
  await ready(ours)
  const all = await rounds({ plain: () => ready(plain), ours: () => ready(ours) }, scale.runs)
  for (const project of [ours, plain]) project.remove()
  return [
    judged({
      figure: `Vite dev start with ${entries.toLocaleString('en')} current entries, added`,
      against: 'the same without the plugin',
      values: all.map((round) => round.ours.seconds - round.plain.seconds),
      unit: 's',
      most: 0.2,
      aside: `${seconds(median(all.map((round) => round.ours.seconds)))} s in all`,
    }),
  ]
}

/**
 * One edited manifest among many.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureDevEdit({ workspace, scale }) {
  const count = scale.of(10_000, 1000)
  const picture = await photo(1, { width: 320, height: 180 })
  // The pictures of the edited manifest alone are there, so that nothing has to be drawn in its place.
  const project = workspace.project('dev-edit', manifests(1, 7))
  await fillStore(workspace, project, (index) => withComment(picture, String(index)), {
    width: 320,
    height: 180,
  })
  const [manifest = ''] = Object.keys(manifests(1, 7))
  project.write({
    ...manifests(count),
    'index.html': '<script type="module" src="/src/main.js"></script>',
    'src/main.js': `import { keeper } from '/${manifest}'\nconsole.log(keeper)`,
    'vite.config.js': `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen({ dev: { generate: 'off' } })] }
`,
  })
  const { folder: cwd } = project
  const all = await rounds(
    {
      cold() {
        project.clear('node_modules/.cache')
        return run(workspace.cli, ['plan'], { cwd })
      },
      async edit() {
        const sample = await run(EDIT, [manifest, 'keeper', '7'], { cwd })
        return { ...sample, seconds: median(JSON.parse(sample.stdout)) }
      },
    },
    scale.of(5, 1),
  )
  project.remove()
  return [
    judged({
      figure: `one edited manifest among ${count.toLocaleString('en')} in Vite dev: from the watcher's event to the new module's code`,
      against: 'the cold plan',
      values: all.map(({ edit, cold }) => edit.seconds / cold.seconds),
      unit: '×',
      most: 0.05,
      aside: `${Math.round(1000 * median(all.map(({ edit }) => edit.seconds)))} ms`,
    }),
  ]
}
