import { photo, withComment } from '../pictures.mjs'
import { judged, median } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

/**
 * The most memory that rendering takes, of many originals against few.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureMemory({ workspace, scale }) {
  const many = scale.of(2000, 400)
  const few = 100
  const picture = await photo(1)
  const projects = [few, many].map((count) =>
    workspace.project(`memory-${count}`, sources(count, picture)),
  )
  const side =
    (/** @type {import('../workspace.mjs').Project | undefined} */ project) => async () => {
      if (project === undefined) throw new Error('no project')
      project.clear('node_modules/.cache', 'out')
      const { folder: cwd, peakFile } = project
      return run(workspace.cli, ['export', '--out', 'out'], { cwd, peakFile })
    }
  const all = await rounds({ few: side(projects[0]), many: side(projects[1]) }, scale.of(5, 1))
  for (const project of projects) project.remove()
  return [
    judged({
      figure: `peak memory of rendering ${many.toLocaleString('en')} originals, one webp of 320 px each`,
      against: `${few} of them`,
      values: all.map((round) => round.many.megabytes / round.few.megabytes),
      unit: '×',
      most: 1.2,
      aside: `${Math.round(median(all.map((round) => round.many.megabytes)))} MB against ${Math.round(median(all.map((round) => round.few.megabytes)))} MB`,
    }),
  ]
}

/**
 * @param {number} count
 * @param {Buffer} picture
 * @returns {Record<string, string | Buffer>}
 */
function sources(count, picture) {
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  const manifest = {
    defaults: { alt: '', output: { widths: [320] } },
    images: Object.fromEntries(names.map((name) => [name, { source: `./${name}.jpg` }])),
  }
  return {
    'src/photos.image.yaml': JSON.stringify(manifest),
    ...Object.fromEntries(
      names.map((name) => [`src/${name}.jpg`, withComment(picture, `picture ${name}`)]),
    ),
  }
}
