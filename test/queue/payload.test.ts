import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Order } from '../../src/generate/order.ts'
import { callOf, responseOf } from '../../src/generate/request.ts'
import { ModelError } from '../../src/model/image-model.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import type { ResolvedModel } from '../../src/model/resolved-model.ts'
import { recipeKey, type Recipe } from '../../src/plan/recipe.ts'
import { queueNameOf } from '../../src/queue/names.ts'
import {
  parsePayload,
  parseProgress,
  parseResult,
  payloadOf,
  type Payload,
} from '../../src/queue/payload.ts'
import type { JsonValue } from '../../src/shared/hash.ts'
import { plainText } from '../../src/shared/plain-text.ts'
import { checkResponse } from '../../src/store/arrive/pending.ts'

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

/** The value after its way through a server. */
function transported(payload: Payload): unknown {
  return JSON.parse(JSON.stringify(payload))
}

describe('a job in the queue', () => {
  test('is read unchanged', () => {
    const payload = payloadOf(order, run)
    expect(parsePayload(transported(payload))).toEqual(payload)
  })

  test('is refused under another key, because its picture would be stored under that key', () => {
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

  test('may have any value: reading it never throws and says what is wrong', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parsePayload(value)).toHaveProperty('fault')
        expect(parsePayload({ ...payloadOf(order, run), order: value })).toHaveProperty('fault')
        expect(() => [parseProgress(value), parseResult(value)]).not.toThrow()
      }),
    )
  })
})

/** Values that any program could put into a recipe of a job. */
const anyRecipe = fc.record(
  {
    provider: fc.oneof(fc.constant('minimax'), fc.jsonValue()),
    modelId: fc.oneof(fc.constant('image-01'), fc.jsonValue()),
    prompt: fc.oneof(fc.string(), fc.jsonValue()),
    aspectRatio: fc.oneof(fc.constantFrom('16:9', '0:0', 'a:b', '1:1:1'), fc.jsonValue()),
    size: fc.oneof(fc.constantFrom('512x512', '0x0', 'x'), fc.jsonValue()),
    seed: fc.oneof(fc.integer(), fc.jsonValue()),
    references: fc.oneof(
      fc.constantFrom<unknown[]>([], {}, [null], [[]], ['x'], [{}], [{ sha256: 1 }], [{ url: 2 }]),
      fc.array(
        fc.record(
          {
            sha256: fc.oneof(fc.constant('a'.repeat(64)), fc.jsonValue()),
            key: fc.oneof(fc.constant('b'.repeat(64)), fc.jsonValue()),
            pick: fc.jsonValue(),
            url: fc.oneof(fc.webUrl(), fc.jsonValue()),
            type: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
      fc.jsonValue(),
    ),
    providerOptions: fc.jsonValue(),
    revision: fc.jsonValue(),
    unknown: fc.jsonValue(),
  },
  { requiredKeys: [] },
)

const model: ResolvedModel = {
  name: 'image-01',
  model: minimax('image-01', { apiKey: 'sk-not-a-real-key' }),
  provider: 'minimax',
  modelId: 'image-01',
  maxImagesPerCall: 9,
  price: 0.0035,
  limits: {},
  requestsPerMinute: 10,
  account: 'minimax',
}

describe('an order from an unknown source', () => {
  const orderWith = (changes: object): unknown => ({ ...payloadOf(order, run), order: changes })
  const withKey = (given: unknown): object => ({
    ...order,
    recipe: given,
    key: recipeKey(given as Recipe),
  })

  test.each<[string, unknown]>([
    ['recipe.references', { ...recipe, references: {} }],
    ['recipe.references', { ...recipe, references: 'x' }],
    ['recipe.references', { ...recipe, references: [null] }],
    ['recipe.references', { ...recipe, references: [{}] }],
    [
      'recipe.references',
      { ...recipe, references: Array.from({ length: 17 }, () => ({ sha256: 'a'.repeat(64) })) },
    ],
    ['recipe.references', { ...recipe, references: [{ url: 'https://user:pass@example.org/' }] }],
    ['recipe.references', { ...recipe, references: [{ url: 'file:///etc/passwd' }] }],
    ['recipe.prompt', { ...recipe, prompt: ['x'] }],
    ['recipe.size', { ...recipe, size: 512 }],
    ['recipe.aspectRatio', { ...recipe, aspectRatio: 'wide' }],
    ['recipe.seed', { ...recipe, seed: 1.5 }],
    ['recipe.providerOptions', { ...recipe, providerOptions: 'all' }],
    ['recipe.quality', { ...recipe, quality: 'high' }],
    ['recipe', []],
  ])('is refused with the name of a wrong %s', (field, given) => {
    expect(parsePayload(orderWith(withKey(given)))).toEqual({
      fault: expect.stringContaining(`its ${field}`) as string,
    })
  })

  test.each([
    [1, true],
    [100, true],
    ['9e107d9d', true],
    [0, false],
    ['9e107d9', false],
    ['9e107d9d37', false],
    ['9E107D9D', false],
  ])('may refer to the candidate %j of another image: %s', (pick, isKnown) => {
    const given = withKey({ ...recipe, references: [{ key: 'b'.repeat(64), pick }] })
    expect('fault' in parsePayload(orderWith(given))).toBe(!isKnown)
  })

  test('cannot request more candidates than a manifest can', () => {
    expect(parsePayload(orderWith({ ...order, wanted: 101 }))).toHaveProperty('fault')
    expect(parsePayload(orderWith({ ...order, wanted: 100 }))).not.toHaveProperty('fault')
  })

  test('is refused if it nests a thousand levels', () => {
    let deep: JsonValue = 1
    for (let level = 0; level < 5000; level++) deep = { a: deep }
    const given = { ...order, recipe: { ...recipe, providerOptions: { deep } } }
    expect(parsePayload(orderWith(given))).toEqual({
      fault: expect.stringContaining('nested deeper') as string,
    })
  })

  test('is refused or can be requested, but never throws a TypeError', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecipe, async (given) => {
        const payload = parsePayload(orderWith(withKey({ ...recipe, ...given })))
        if ('fault' in payload) return
        const call = callOf(payload.order, model, 1, 1, { files: [], inputs: [] }, signal)
        await expect(model.model.doGenerate({ ...call, abortSignal: aborted })).rejects.toThrow(
          ModelError,
        )
        const response = responseOf(
          payload.order,
          model,
          1,
          1,
          { files: [], inputs: [] },
          {
            images: [],
            warnings: [],
            response: { timestamp: new Date(0), modelId: '', headers: {} },
          },
        )
        expect(checkResponse(JSON.parse(JSON.stringify(response)))).not.toHaveProperty('fault')
      }),
      { numRuns: 500 },
    )
  })

  test('is refused in any other form', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('key', 'recipe', 'id', 'name', 'references', 'wanted', 'renew'),
        fc.jsonValue(),
        (field, value) => {
          const parsed = parsePayload(orderWith({ ...order, [field]: value }))
          if ('fault' in parsed) expect(parsed.fault).toMatch(/^its /)
          else {
            // Names reach terminals, so they are read as plain text.
            const taken =
              typeof value === 'string' && field !== 'key' ? plainText(value, 2048) : value
            expect(parsed.order).toEqual({ ...order, [field]: taken })
          }
        },
      ),
    )
  })
})

const signal = new AbortController().signal
const aborted = AbortSignal.abort()

test('queue names are valid for BullMQ and differ for each model', () => {
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
