import path from 'node:path'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { conclude } from './findings.ts'
import { chaosProject, MODULES } from './project.ts'
import { figure, isShort } from './settings.ts'

const ROUNDS = figure(3, 1)
const PROCESSES = isShort ? 2 : 4
/** Milliseconds; the provider's is 60,000. */
const WINDOW = 2000
/** Milliseconds: the margin of the window of 60,000. */
const MARGIN = 500
const PLACES = 10
/** Of each process. */
const REQUESTS = isShort ? 8 : 40

test('processes that share an account cause no 1002, and use their rate limit', async () => {
  const provoked: string[] = []
  let requests = 0
  let windows = 0
  let elapsed = 0
  for (let round = 1; round <= ROUNDS; round++) {
    await using emulator = await startEmulator({ rpm: PLACES, windowMs: WINDOW })
    await using project = await chaosProject(emulator.url, {})
    const ended = await Promise.all(
      Array.from(
        { length: PROCESSES },
        () =>
          project.startScript(
            path.join(import.meta.dirname, 'children/send-in-turn.mjs'),
            MODULES,
            project.file('locks'),
            emulator.url,
            String(REQUESTS),
            String(PLACES),
            String(WINDOW),
            String(MARGIN),
          ).ended,
      ),
    )
    for (const { code, stdout, stderr } of ended) {
      const codes = code === 0 ? (JSON.parse(stdout) as number[]) : []
      if (codes.length !== REQUESTS) provoked.push(`round ${round}: exit ${code} ${stderr}`)
      const limited = codes.filter((answer) => answer === 1002).length
      if (limited > 0) provoked.push(`round ${round}: ${limited} times 1002`)
    }
    const times = emulator.requests().map(({ time }) => time)
    requests += times.length
    elapsed += Math.max(...times) - Math.min(...times)
    windows += Math.ceil(times.length / PLACES) - 1
  }
  // Everything after the first window's places has to wait.
  const used = (windows * (WINDOW + MARGIN)) / Math.max(1, elapsed)
  conclude([
    {
      scenario: 'rate',
      promised: 'processes that share an account cause no 1002',
      measured: `${requests} requests of ${PROCESSES} processes, ${Math.round(used * 100)} % of what window and margin allow`,
      broken: provoked,
    },
  ])
})
