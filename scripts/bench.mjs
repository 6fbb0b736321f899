/**
 * Measures what the README says about speed, against references in the same run, and shows a table.
 *
 *     npm run bench                       everything, about half an hour on 2 cores
 *     npm run bench -- --quick            smaller counts and fewer runs, two minutes
 *     npm run bench -- --json FILE        writes the ratios too
 *     npm run bench -- plan render        only these figures
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { FIGURES } from './bench/figures.mjs'
import { machineOf } from './bench/machine.mjs'
import { jsonOf, tableOf } from './bench/report.mjs'
import { createWorkspace } from './bench/workspace.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const unknown = positionals.filter((name) => !Object.hasOwn(FIGURES, name))
if (unknown.length > 0) {
  console.error(`No figure ${unknown.join(', ')}. There are: ${Object.keys(FIGURES).join(', ')}.`)
  process.exit(2)
}

const workspace = createWorkspace()
// What is under way has to be taken down by hand: an interruption ends the process past every `finally`.
process.once('SIGINT', () => {
  workspace.remove()
  process.exit(130)
})
try {
  const machine = machineOf()
  console.log(`${machine}\n`)
  const isQuick = values.quick
  /** @type {import('./bench/row.mjs').Scale} */
  const scale = { isQuick, runs: isQuick ? 2 : 5, of: (full, quick) => (isQuick ? quick : full) }
  /** @type {import('./bench/row.mjs').Row[]} */
  const rows = []
  for (const [name, measure] of Object.entries(FIGURES)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    console.error(`${name} …`)
    rows.push(...(await measure({ workspace, scale })))
  }
  console.log(tableOf(rows))
  if (values.json !== undefined) {
    writeFileSync(values.json, jsonOf(rows, { machine, isQuick }))
  }
} finally {
  workspace.remove()
}
