import { fillStore } from '../filled-store.mjs'
import { manifests } from '../manifests.mjs'
import { photo, withComment } from '../pictures.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

/**
 * What planning costs for ten times as many entries, with nothing in the store and with everything.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureGrowth({ workspace, scale }) {
  const few = scale.of(1000, 100)
  const tiny = await photo(5, { width: 32, height: 18 })
  const projectOf = async (/** @type {number} */ count, /** @type {boolean} */ isFilled) => {
    const project = workspace.project('growth', manifests(count))
    const size = { width: 1280, height: 720 }
    if (isFilled)
      await fillStore(workspace, project, (index) => withComment(tiny, `${index}`), size)
    return project
  }
  const projects = {
    few: await projectOf(few, false),
    many: await projectOf(10 * few, false),
    fewFilled: await projectOf(few, true),
    manyFilled: await projectOf(10 * few, true),
  }
  const side = (/** @type {keyof typeof projects} */ name) => () => {
    projects[name].clear('node_modules/.cache')
    return run(workspace.cli, ['plan'], { cwd: projects[name].folder })
  }
  const all = await rounds(
    {
      few: side('few'),
      many: side('many'),
      fewFilled: side('fewFilled'),
      manyFilled: side('manyFilled'),
    },
    scale.of(5, 1),
  )
  for (const project of Object.values(projects)) project.remove()
  const names = [3 * few, 30 * few].map((count) => count.toLocaleString('en'))
  for (const { manyFilled } of all) {
    if (!manyFilled.stdout.includes(`${30 * few} images: ${30 * few} current.`)) {
      throw new Error(`the store was not taken: ${manyFilled.stdout.slice(-200)}`)
    }
  }
  return [
    judged({
      figure: `\`imagegen plan\`, nothing remembered, from ${names.join(' to ')} entries`,
      against: 'itself',
      values: all.map((round) => round.many.seconds / round.few.seconds),
      unit: '×',
      most: 11,
      aside: `${seconds(median(all.map((round) => round.many.seconds)))} s`,
    }),
    judged({
      figure: 'the same with an original in the store for each of them',
      against: 'itself',
      values: all.map((round) => round.manyFilled.seconds / round.fewFilled.seconds),
      unit: '×',
      most: 11,
      aside: `${seconds(median(all.map((round) => round.manyFilled.seconds)))} s`,
    }),
  ]
}
