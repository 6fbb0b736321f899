import { manifests } from '../manifests.mjs'
import { judged, median, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

const CACHE = 'node_modules/.cache'
const REFERENCE = new URL('../programs/read-manifests.mjs', import.meta.url)

/**
 * `imagegen plan` against a program that only reads: with nothing remembered, once more, and after one edit.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measurePlan({ workspace, scale }) {
  const count = scale.of(10_000, 2000)
  const project = workspace.project('plan', manifests(count))
  const cwd = project.folder
  let edits = 0
  const plan = () => run(workspace.cli, ['plan'], { cwd })
  const all = await rounds(
    {
      reference: () => run(REFERENCE, [], { cwd }),
      cold() {
        project.clear(CACHE)
        return plan()
      },
      same: plan,
      edited() {
        edits += 1
        const [[file, text] = ['', '']] = Object.entries(manifests(1, edits))
        project.write({ [file]: text.replace('Portrait of', `Portrait ${edits} of`) })
        return plan()
      },
    },
    scale.runs,
  )
  project.remove()
  for (const { reference, cold, same, edited } of all) {
    const { images } = JSON.parse(reference.stdout)
    for (const { stdout } of [cold, same, edited]) {
      if (!stdout.includes(`\n${images} images: ${images} missing.`)) {
        throw new Error(`plan and the reference read different manifests: ${stdout.slice(-200)}`)
      }
    }
  }
  const files = count.toLocaleString('en')
  const entries = (3 * count).toLocaleString('en')
  const against = 'a program that globs, reads, hashes and parses'
  const row = (
    /** @type {'cold' | 'same' | 'edited'} */ side,
    /** @type {string} */ figure,
    /** @type {number} */ most,
  ) =>
    judged({
      figure,
      against,
      values: all.map((round) => round[side].seconds / round.reference.seconds),
      unit: '×',
      most,
      aside: `${seconds(median(all.map((round) => round[side].seconds)))} s against ${seconds(median(all.map(({ reference }) => reference.seconds)))} s`,
    })
  return [
    row(
      'cold',
      `\`imagegen plan\`, ${entries} entries in ${files} manifests, nothing remembered`,
      1.3,
    ),
    row('same', 'the same again, nothing changed', 0.3),
    row('edited', 'the same again, one manifest changed', 0.3),
  ]
}
