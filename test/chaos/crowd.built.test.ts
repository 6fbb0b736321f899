import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { wait } from '../../src/shared/abort.ts'
import { conclude } from './findings.ts'
import { chaosProject, configOf } from './project.ts'
import { figure, isShort, randomFor } from './settings.ts'

const ROUNDS = figure(20, 1)
const PROCESSES = isShort ? 4 : 8
const ENTRIES = isShort ? 12 : 50

/** Some images refer to another one, so that processes wait for each other in chains. */
function manifest(): string {
  const entries = Array.from({ length: ENTRIES }, (_, index) => {
    const needed = index % 10 === 9 ? `, references: ["#e${index - 1}"]` : ''
    return `  e${index}: { prompt: "picture ${index}"${needed} }`
  })
  return `defaults: { alt: "", size: 512x512 }\nimages:\n${entries.join('\n')}\n`
}

test('processes on one empty store request each image once', async () => {
  const exits: string[] = []
  const served: string[] = []
  const stored: string[] = []
  let images = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const random = randomFor('crowd', round)
    await using emulator = await startEmulator({ rpm: 0, latency: random.integer(0, 200) })
    await using project = await chaosProject(emulator.url, {
      'art.image.yaml': manifest(),
      ...configOf(),
    })
    const runs = await Promise.all(
      Array.from({ length: PROCESSES }, async () => {
        await wait(random.between(0, 400), new AbortController().signal)
        return project.run('generate', '--yes', '--json')
      }),
    )
    for (const { code, stderr } of runs) if (code !== 0) exits.push(`${round}: ${code} ${stderr}`)
    const stats = emulator.stats()
    images += stats.images
    if (stats.images !== ENTRIES || stats.requests !== ENTRIES) {
      served.push(`${round}: ${stats.requests} requests, ${stats.images} images`)
    }
    const asked = runs
      .filter(({ code }) => code === 0)
      .map(({ stdout }) => (JSON.parse(stdout) as { pictures: number }).pictures)
    const counted = asked.reduce((sum, pictures) => sum + pictures, 0)
    if (counted !== ENTRIES) served.push(`${round}: the processes counted ${counted}`)
    const { intact, problems } = await project.openStore().verify()
    if (intact !== ENTRIES || problems.length > 0) stored.push(`${round}: ${intact} intact`)
  }
  const scenario = 'crowd'
  conclude([
    {
      scenario,
      promised: `${PROCESSES} processes request ${ENTRIES} images once`,
      measured: `${images} images in ${ROUNDS} rounds`,
      broken: served,
    },
    {
      scenario,
      promised: 'all of them exit with 0',
      measured: `${ROUNDS * PROCESSES - exits.length} of ${ROUNDS * PROCESSES}`,
      broken: exits,
    },
    {
      scenario,
      promised: 'the store has each once, intact',
      measured: `${ROUNDS - stored.length} of ${ROUNDS} rounds`,
      broken: stored,
    },
  ])
})
