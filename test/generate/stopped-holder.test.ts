import { readdirSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recipeKey, type Recipe } from '../../src/plan/recipe.ts'
import { startChild, type Child } from '../store/child.ts'
import { temporaryFolder } from '../store/samples.ts'
import { testEmulator } from './running.ts'

const recipe: Recipe = { provider: 'minimax', modelId: 'image-01', prompt: 'A lighthouse' }
const key = recipeKey(recipe)

function orderFor(wanted: number): string {
  const order = { key, recipe, id: 'a#b', name: 'lighthouse', references: [], wanted, renew: null }
  return JSON.stringify(order)
}

interface Machines {
  readonly locks: string
  readonly requests: () => number
  readonly start: (host: string, wanted?: number, url?: string) => Promise<Child>
}

async function machines(): Promise<Machines> {
  const emulator = await testEmulator()
  const dir = path.join(temporaryFolder(), '.imagegen')
  return {
    locks: path.join(dir, 'locks'),
    requests: () => emulator.stats().requests,
    async start(host, wanted = 1) {
      const child = await startChild('fill-key', {
        DIR: dir,
        HOST: host,
        ORDER: orderFor(wanted),
        API: emulator.url,
        KEYS: 'test-api-key',
      })
      onTestFinished(() => void child.process.kill('SIGKILL'))
      return child
    },
  }
}

/** What 61 seconds without a sign of life look like to another machine. */
function silence(locks: string): void {
  const longAgo = new Date(Date.now() - 61_000)
  for (const name of readdirSync(locks).filter((name) => name.endsWith('.lock'))) {
    utimesSync(path.join(locks, name), longAgo, longAgo)
  }
}

describe('a holder that was stopped while it waited for its turn', () => {
  test('looks at the store again instead of sending, once another machine took the key over', async () => {
    const { locks, requests, start } = await machines()
    const stopped = await start('first')
    expect(await stopped.line()).toBe('turn')
    stopped.process.kill('SIGSTOP')
    silence(locks)

    const successor = await start('second')
    expect(await successor.line()).toBe('turn')
    successor.say('go')
    expect(JSON.parse(await successor.line())).toEqual({
      failure: null,
      spent: { requests: 1, pictures: 1 },
      candidates: 1,
    })

    stopped.process.kill('SIGCONT')
    stopped.say('go')
    expect(JSON.parse(await stopped.line())).toEqual({
      failure: null,
      spent: { requests: 0, pictures: 0 },
      candidates: 1,
    })
    expect(requests()).toBe(1)
  })

  test('waits for the successor that is still at work, and sends for what that left', async () => {
    const { locks, requests, start } = await machines()
    const stopped = await start('first', 2)
    expect(await stopped.line()).toBe('turn')
    stopped.process.kill('SIGSTOP')
    silence(locks)
    const successor = await start('second', 1)
    expect(await successor.line()).toBe('turn')

    stopped.process.kill('SIGCONT')
    stopped.say('go')
    successor.say('go')
    expect(JSON.parse(await successor.line())).toMatchObject({ spent: { pictures: 1 } })
    // Its second turn: under its own lock again, for the one picture that is still to be made.
    expect(await stopped.line()).toBe('turn')
    stopped.say('go')
    expect(JSON.parse(await stopped.line())).toMatchObject({
      spent: { requests: 1, pictures: 1 },
      candidates: 2,
    })
    expect(requests()).toBe(2)
  })

  test('sends if no other process took its key over', async () => {
    const { locks, requests, start } = await machines()
    const holder = await start('first')
    expect(await holder.line()).toBe('turn')
    holder.process.kill('SIGSTOP')
    silence(locks)
    holder.process.kill('SIGCONT')
    holder.say('go')
    expect(JSON.parse(await holder.line())).toMatchObject({ spent: { requests: 1 } })
    expect(requests()).toBe(1)
  })
})
