import { readdirSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { recipeKey, type Recipe } from '../../src/plan/recipe.ts'
import { startChild } from '../store/child.ts'
import { temporaryFolder } from '../store/samples.ts'
import { conclude } from './findings.ts'
import { figure, randomFor } from './settings.ts'

const ROUNDS = figure(40, 1)

/** Makes every claim look as if its holder had been silent for a minute, or as if its clock had been set back. */
function redate(locks: string, milliseconds: number): void {
  const date = new Date(Date.now() + milliseconds)
  for (const name of readdirSync(locks).filter((name) => name.endsWith('.lock'))) {
    utimesSync(path.join(locks, name), date, date)
  }
}

test('holders that are stopped and taken over pay for nothing twice', async () => {
  const broken: string[] = []
  let machines = 0
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomFor('holders', round)
    await using emulator = await startEmulator({ rpm: 0 })
    const dir = path.join(temporaryFolder(), '.imagegen')
    const recipe: Recipe = { provider: 'minimax', modelId: 'image-01', prompt: `Round ${round}` }
    const order = { key: recipeKey(recipe), recipe, id: 'a#b', name: 'b', references: [] }
    const stopped = []
    const most = 1 + Math.floor(random.next() * 3)
    for (let machine = 0; machine <= most; machine++) {
      const child = await startChild('fill-key', {
        DIR: dir,
        HOST: `machine-${machine}`,
        ORDER: JSON.stringify({ ...order, wanted: 1, renew: null }),
        API: emulator.url,
        KEYS: 'test-api-key',
      })
      machines += 1
      if ((await child.line()) !== 'turn') broken.push(`round ${round}: ${machine} had no turn`)
      if (machine < most) {
        child.process.kill('SIGSTOP')
        redate(path.join(dir, 'locks'), -61_000 - random.next() * 1e9)
        stopped.push(child)
      } else {
        child.say('go')
        await child.ended
      }
    }
    for (const child of stopped) {
      child.process.kill('SIGCONT')
      child.say('go')
      const said = await child.line()
      if (!said.includes('"requests":0')) broken.push(`round ${round}: ${said}`)
      await child.ended
    }
    const { requests } = emulator.stats()
    if (requests !== 1) broken.push(`round ${round}: ${requests} requests for one picture`)
  }
  conclude([
    {
      scenario: 'stopped holders',
      promised: 'a holder that lost its lock while it was stopped sends nothing',
      measured: `${machines} machines in ${ROUNDS} rounds, ${broken.length} sent or got in the way`,
      broken,
    },
  ])
})
