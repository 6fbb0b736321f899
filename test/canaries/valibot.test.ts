import * as v from 'valibot'
import { expect, test } from 'vitest'

/*
 * Parts of valibot that are not documented and that `src/manifest/schema/field.ts` relies on. A failure here says which
 * one is gone.
 */

// https://github.com/fabian-hiller/valibot/blob/main/library/src/types/schema.ts
test('~run is what parsing calls, also of a schema inside another one', () => {
  const inner = v.string()
  const run = inner['~run'].bind(inner)
  const seen: unknown[] = []
  Object.assign(inner, {
    '~run': (...given: Parameters<typeof run>): ReturnType<typeof run> => {
      seen.push(given[0].value)
      return run(...given)
    },
  })
  v.safeParse(v.object({ kira: inner }), { kira: 'a picture' })
  expect(seen, 'valibot no longer calls `~run`: see `strictMap` and `plainOnly`').toEqual([
    'a picture',
  ])
})

// https://github.com/fabian-hiller/valibot/blob/main/library/src/utils/_addIssue/_addIssue.ts
test('_addIssue adds an issue to a dataset, with its path', () => {
  expect(v._addIssue, 'valibot has no `_addIssue`: see `strictMap`').toBeTypeOf('function')
  const schema = v.object({})
  const run = schema['~run'].bind(schema)
  Object.assign(schema, {
    '~run': (...[dataset, config]: Parameters<typeof run>): ReturnType<typeof run> => {
      const result = run(dataset, config)
      const input: Record<string, unknown> = {}
      const path: [v.ObjectPathItem] = [
        { type: 'object', origin: 'key', input, key: 'kira', value: 1 },
      ]
      v._addIssue(schema, 'key', result, config, { input: 'kira', expected: 'never', path })
      return result
    },
  })
  expect(v.safeParse(schema, {}).issues).toMatchObject([
    { expected: 'never', path: [{ key: 'kira', origin: 'key' }] },
  ])
})
