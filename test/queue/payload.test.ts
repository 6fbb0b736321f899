import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Order } from '../../src/generate/order.ts'
import { recipeKey, type Recipe } from '../../src/plan/recipe.ts'
import { queueNameOf } from '../../src/queue/names.ts'
import {
  parsePayload,
  parseProgress,
  parseResult,
  payloadOf,
  type Payload,
} from '../../src/queue/payload.ts'

const recipe: Recipe = {
  provider: 'minimax',
  modelId: 'image-01',
  prompt: 'A hero',
  references: [{ key: 'a'.repeat(64), pick: 1, type: 'character' }],
}
const order: Order = {
  key: recipeKey(recipe),
  recipe,
  id: 'cast.image.yaml#hero',
  name: 'hero',
  references: [{ name: 'cast.image.yaml#face', sha256: 'b'.repeat(64) }],
  wanted: 2,
  renew: { kind: 'outdated', replaced: ['c'.repeat(64)] },
}
const run = { id: 'a run', limit: { images: null, usd: 0.5 } }

/** What a server gives back of what was put there. */
function transported(payload: Payload): unknown {
  return JSON.parse(JSON.stringify(payload))
}

describe('what is put into the queue', () => {
  test('comes out of it as it was', () => {
    const payload = payloadOf(order, run)
    expect(parsePayload(transported(payload))).toEqual(payload)
  })

  test('is refused under another key: it would be taken for that picture ever after', () => {
    const payload = payloadOf({ ...order, recipe: { ...recipe, prompt: 'A villain' } }, run)
    expect(parsePayload(transported(payload))).toEqual({
      fault: 'its key is not the one that this version computes from its recipe',
    })
  })

  test.each<[string, object]>([
    ['version', { version: 2 }],
    ['run.limit.usd', { run: { id: 'x', limit: { images: 1, usd: -1 } } }],
    ['rateLimits', { rateLimits: 'many' }],
  ])('is refused where its %s is unknown', (field, changes) => {
    const { fault } = parsePayload({ ...payloadOf(order, run), ...changes }) as { fault: string }
    expect(fault).toContain(field)
  })

  test('may be anything: whoever reads it says what is wrong, and never breaks', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parsePayload(value)).toHaveProperty('fault')
        expect(parsePayload({ ...payloadOf(order, run), order: value })).toHaveProperty('fault')
        expect(() => [parseProgress(value), parseResult(value)]).not.toThrow()
      }),
    )
  })
})

test('queues have names that BullMQ takes, and no two models one', () => {
  const settings = { connection: '', name: 'team', stalledAfter: 1, patience: 1 }
  const name = (provider: string, modelId: string): string =>
    queueNameOf(settings, { provider, modelId })
  expect(name('minimax', 'image-01')).toBe('team/minimax/image-01')
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 4, maxLength: 4 }), ([a, b, c, d]) => {
      const [one, other] = [name(a ?? '', b ?? ''), name(c ?? '', d ?? '')]
      expect(one).not.toContain(':')
      expect(one === other).toBe(a === c && b === d)
    }),
  )
  expect(name('a', 'b/c')).not.toBe(name('a/b', 'c'))
})
