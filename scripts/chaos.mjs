/**
 * Tries to lose pictures, to pay twice, and to be fooled, as often as the scale says, and shows in a table what was
 * promised and what was measured.
 *
 *     npm run chaos                      everything, 40 minutes at most on 2 cores
 *     npm run chaos -- --scale 0.1       a tenth of it
 *     npm run chaos -- --seed 4f1c22     the same random numbers as an earlier run
 *     npm run chaos -- kills money       only these scenarios
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Milliseconds that one scenario may take. */
const LONGEST = 40 * 60_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: process.env['CHAOS_SCALE'] ?? '1' },
    seed: { type: 'string', default: process.env['CHAOS_SEED'] ?? randomBytes(3).toString('hex') },
  },
})
const scale = Number(values.scale)
if (!(scale > 0 && scale <= 1)) {
  console.error(`--scale is ${values.scale}: expected a number above 0, at most 1.`)
  process.exit(2)
}

mkdirSync(path.join(root, 'node_modules/.cache'), { recursive: true })
// Inside node_modules, so that what is built finds its dependencies.
const folder = mkdtempSync(path.join(root, 'node_modules/.cache/chaos-'))
const findings = path.join(folder, 'findings')
try {
  for (const built of ['dist', '.build/modules']) {
    cpSync(path.join(root, built), path.join(folder, built), { recursive: true })
  }
  cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  console.log(`Scale ${scale}, seed ${values.seed}.`)
  process.exitCode = await runTests()
  console.log(`\n${tableOf(readFindings())}\n\nScale ${scale}, seed ${values.seed}.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @returns {Promise<number>} the exit code of the test runner. */
async function runTests() {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
  const scenarios = positionals.length === 0 ? [''] : positionals
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      // One after the other: each keeps all cores busy by itself, and some measure time.
      '--no-file-parallelism',
      `--testTimeout=${LONGEST}`,
      ...scenarios.map((name) => `test/chaos/${name}`),
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        CHAOS_SCALE: String(scale),
        CHAOS_SEED: values.seed,
        CHAOS_PACKAGE: folder,
        CHAOS_FINDINGS: findings,
      },
    },
  )
  const [code] = await once(child, 'close')
  return typeof code === 'number' ? code : 1
}

/** @returns {import('../test/chaos/findings.ts').Finding[]} */
function readFindings() {
  if (!existsSync(findings)) return []
  const lines = readFileSync(findings, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

/**
 * @param {import('../test/chaos/findings.ts').Finding[]} rows
 * @returns {string}
 */
function tableOf(rows) {
  const cells = rows.map(({ scenario, promised, measured, broken }) => [
    scenario,
    promised,
    measured,
    broken.length === 0 ? 'kept' : `BROKEN ${broken.length} times: ${broken[0]?.slice(0, 200)}`,
  ])
  const all = [['scenario', 'promised', 'measured', ''], ...cells]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
