import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * One run of a program, from its start to its end.
 *
 * @typedef {object} Sample
 * @property {number} seconds
 * @property {number} megabytes the most memory that it had (resident)
 * @property {string} stdout
 */

const NOTE_PEAK = new URL('./programs/note-peak.mjs', import.meta.url).href

/**
 * Runs a script of Node in a process of its own.
 *
 * @param {string | URL} script
 * @param {readonly string[]} args
 * @param {{ readonly cwd: string, readonly peakFile?: string, readonly environment?: Readonly<Record<string, string>> }} place
 *   peakFile: where the process notes its memory; left out, that is not measured, nor paid for.
 * @returns {Promise<Sample>}
 */
export async function run(script, args, { cwd, peakFile, environment = {} }) {
  const file = script instanceof URL ? fileURLToPath(script) : script
  const noted = peakFile === undefined ? [] : ['--import', NOTE_PEAK]
  const start = performance.now()
  const child = spawn(process.execPath, [...noted, file, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environmentOf(cwd), ...environment, BENCH_PEAK: peakFile ?? '' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  const [code] = await once(child, 'close')
  const seconds = (performance.now() - start) / 1000
  if (code !== 0) throw new Error(`${file} ended with ${code}:\n${stdout.slice(-2000)}\n${stderr}`)
  const megabytes = peakFile === undefined ? NaN : Number(readFileSync(peakFile, 'utf8')) / 1024
  return { seconds, megabytes, stdout }
}

/**
 * Contains nothing of the user's environment, such as a key, or CI, which changes defaults.
 *
 * @param {string} home
 * @returns {Record<string, string>}
 */
export function environmentOf(home) {
  return { PATH: process.env['PATH'] ?? '', HOME: home }
}
