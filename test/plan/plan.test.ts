import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Recipe } from '../../src/plan/recipe.ts'
import { selectPlan } from '../../src/plan/select.ts'
import { candidate, inventoryOf, planFiles } from './planning.ts'

const CAST = `
defaults: { alt: "" }
images:
  scene: { prompt: Kira stands in a library, references: ["#kira"] }
  kira: { prompt: Portrait of Kira, seed: 7 }
  tavern: { prompt: Kira drinks tea, references: ["#scene"] }
`

describe('a key', () => {
  test('is the SHA-256 of the canonical JSON of version and recipe with the model’s defaults', async () => {
    const { image } = await planFiles({ 'a.image.yaml': CAST })
    const canonical =
      '[1,{"aspectRatio":"1:1","modelId":"image-01","prompt":"Portrait of Kira","provider":"minimax",' +
      '"providerOptions":{"promptOptimizer":false,"watermark":false},"seed":7}]'
    expect(image('kira').made?.key).toBe(createHash('sha256').update(canonical).digest('hex'))
  })

  test('contains a reference to an entry as its key and pick, and a file as its digest', async () => {
    const { image, key } = await planFiles({
      'a.image.yaml': `
images:
  kira: { alt: "", prompt: x, n: 2, pick: 2 }
  made: { alt: "", source: ./b.png }
  scene:
    alt: ""
    prompt: y
    references: ["#kira", ./a.png, "https://example.org/c.png", "#made"]
`,
      'a.png': 'a',
      'b.png': 'b',
    })
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    expect(image('scene').made?.recipe.references).toEqual([
      { key: key('kira'), pick: 2, type: 'character' },
      { sha256: hash('a'), type: 'character' },
      { url: 'https://example.org/c.png', type: 'character' },
      { sha256: hash('b'), type: 'character' },
    ])
  })
})

describe('states', () => {
  test('all images are missing in an empty store; jobs follow their references', async () => {
    const { plan, key } = await planFiles({ 'a.image.yaml': CAST })
    expect(plan.images.map(({ entry, state, reason }) => [entry.name, state, reason])).toEqual([
      ['scene', 'missing', 'new'],
      ['kira', 'missing', 'new'],
      ['tavern', 'missing', 'new'],
    ])
    expect(plan.jobs.map((job) => job.entry.name)).toEqual(['kira', 'scene', 'tavern'])
    expect(plan.jobs.map((job) => job.after)).toEqual([[], [key('kira')], [key('scene')]])
    expect(plan.summary).toEqual({
      images: 3,
      current: 0,
      outdated: 0,
      missing: 3,
      unusable: 0,
      unavailable: 0,
      blocked: 0,
      requests: 3,
      pictures: 3,
      usd: 0.0105,
    })
  })

  test('a paid image without bytes is unavailable, never missing; images that need it are blocked', async () => {
    for (const bytes of ['absent', 'lfs-pointer', 'damaged'] as const) {
      const { plan } = await planFiles({ 'a.image.yaml': CAST }, (key) =>
        inventoryOf({ [key('kira')]: { candidates: [candidate('k', { bytes })], problems: [] } }),
      )
      expect(plan.images.map(({ state }) => state)).toEqual(['blocked', 'unavailable', 'blocked'])
      expect(plan.jobs).toEqual([])
      expect(plan.summary).toMatchObject({ unavailable: 1, blocked: 2, pictures: 0, usd: 0 })
    }
  })

  test('damage under a key makes the image unavailable, because it may hide a paid one', async () => {
    const { image } = await planFiles({ 'a.image.yaml': CAST }, (key) =>
      inventoryOf({
        [key('kira')]: { candidates: [], problems: [{ message: 'no valid receipt' }] },
      }),
    )
    expect(image('kira')).toMatchObject({ state: 'unavailable', reason: 'no valid receipt' })
  })

  test('a current scene does not need the bytes of its character sheet', async () => {
    const { image } = await planFiles({ 'a.image.yaml': CAST }, (key) =>
      inventoryOf({
        [key('kira')]: { candidates: [candidate('k', { bytes: 'absent' })], problems: [] },
        [key('scene')]: { candidates: [candidate('s', { inputs: ['k'] })], problems: [] },
      }),
    )
    expect(image('scene').state).toBe('current')
  })

  test('a reference with other bytes makes an image outdated and requests nothing', async () => {
    const { image, plan } = await planFiles({ 'a.image.yaml': CAST }, (key) =>
      inventoryOf({
        [key('kira')]: { candidates: [candidate('newer')], problems: [] },
        [key('scene')]: { candidates: [candidate('s', { inputs: ['older'] })], problems: [] },
        [key('tavern')]: { candidates: [candidate('t', { inputs: ['s'] })], problems: [] },
      }),
    )
    expect(image('scene')).toMatchObject({
      state: 'outdated',
      reason: 'made from an earlier picture of a.image.yaml#kira',
    })
    expect(image('tavern').state).toBe('current')
    expect(plan.jobs).toEqual([])
    const renewed = selectPlan(plan, [], { outdated: true })
    expect(renewed.jobs.map((job) => [job.entry.name, job.renew])).toEqual([
      ['scene', { kind: 'outdated', picks: [1] }],
    ])
  })

  test('a reason names a file from its manifest, not from the root of the machine', async () => {
    const { image } = await planFiles(
      {
        'art/a.image.yaml':
          'images: { scene: { alt: "", prompt: y, references: [../faces/a.png] } }',
        'faces/a.png': 'a',
      },
      (key) =>
        inventoryOf({
          [key('scene')]: { candidates: [candidate('s', { inputs: ['older'] })], problems: [] },
        }),
    )
    expect(image('scene')).toMatchObject({
      state: 'outdated',
      reason: 'made from an earlier picture of ../faces/a.png',
    })
  })

  test('two entries that share an outdated key are regenerated once', async () => {
    const { plan } = await planFiles(
      {
        'a.image.yaml': `
defaults: { alt: "" }
images:
  kira: { prompt: x }
  scene: { prompt: y, references: ["#kira"] }
  same: { prompt: y, references: ["#kira"], n: 2, pick: 2 }
`,
      },
      (key) =>
        inventoryOf({
          [key('kira')]: { candidates: [candidate('newer')], problems: [] },
          [key('scene')]: {
            candidates: [
              candidate('s', { inputs: ['older'] }),
              candidate('t', { inputs: ['older'] }),
            ],
            problems: [],
          },
        }),
    )
    const { jobs, summary } = selectPlan(plan, [], { outdated: true })
    expect(jobs).toMatchObject([
      {
        ids: ['a.image.yaml#scene', 'a.image.yaml#same'],
        renew: { kind: 'outdated', picks: [1, 2] },
        wanted: 2,
      },
    ])
    expect(summary).toMatchObject({ requests: 1, pictures: 2 })
  })

  test('an entry with `source` is current and has no key', async () => {
    const { image } = await planFiles({
      'a.image.yaml': 'images: { a: { alt: "", source: ./a.png } }',
      'a.png': 'x',
    })
    expect(image('a')).toMatchObject({ state: 'current', made: undefined, usd: 0 })
  })
})

describe('candidates', () => {
  const many = (n: number, pick = 1): string =>
    `images: { a: { alt: "", prompt: x, n: ${n}, pick: ${pick} } }`
  const two = { candidates: [candidate('1'), candidate('2')], problems: [] }

  test('only the missing ones are requested, in as few requests as the model allows', async () => {
    const { plan } = await planFiles({ 'a.image.yaml': many(22) }, (key) =>
      inventoryOf({ [key('a')]: two }),
    )
    expect(plan.images[0]).toMatchObject({ state: 'missing', reason: '2 of 22 candidates' })
    // 20 more, nine a request.
    expect(plan.summary).toMatchObject({ requests: 3, pictures: 20, usd: 0.07 })
  })

  test('`pick` alone requests that many; lowering `n` costs nothing', async () => {
    const picked = await planFiles({ 'a.image.yaml': many(1, 3) }, (key) =>
      inventoryOf({ [key('a')]: two }),
    )
    expect(picked.plan.summary.pictures).toBe(1)
    const lowered = await planFiles({ 'a.image.yaml': many(1) }, (key) =>
      inventoryOf({ [key('a')]: two }),
    )
    expect(lowered.plan.images[0]?.state).toBe('current')
  })

  test('changing `pick` is free for the image; images that refer to it become missing, with the reason', async () => {
    const files = (pick: number): Record<string, string> => ({
      'a.image.yaml': `
images:
  kira: { alt: "", prompt: x, n: 2, pick: ${pick} }
  scene: { alt: "", prompt: y, references: ["#kira"] }
`,
    })
    const before = await planFiles(files(1))
    const after = await planFiles(files(2), (key) =>
      inventoryOf(
        { [key('kira')]: two },
        { scene: [before.image('scene').made?.recipe as Recipe] },
      ),
    )
    expect(after.key('kira')).toBe(before.key('kira'))
    expect(after.image('kira').state).toBe('current')
    expect(after.image('scene')).toMatchObject({ state: 'missing', reason: 'reference changed' })
  })

  test('equal recipes share one original: the largest `n` is requested once and billed to the first entry', async () => {
    const { plan } = await planFiles({
      'a.image.yaml': 'images: { a: { alt: "", prompt: x }, b: { alt: B, prompt: " x ", n: 3 } }',
      'other/b.image.yaml': 'prompt: x\nalt: ""\naspectRatio: 1:1',
    })
    expect(plan.jobs).toHaveLength(1)
    expect(plan.jobs[0]).toMatchObject({
      ids: ['a.image.yaml#a', 'a.image.yaml#b', 'other/b.image.yaml'],
      wanted: 3,
    })
    expect(plan.images.map(({ usd }) => usd)).toEqual([0.0105, 0, 0])
    expect(plan.summary).toMatchObject({ missing: 3, requests: 1, pictures: 3 })
  })
})

test.each<[string, Partial<Recipe>, string]>([
  ['prompt', { prompt: 'other' }, 'prompt changed'],
  ['size', { aspectRatio: '16:9' }, 'size changed'],
  ['seed', { seed: 8 }, 'seed changed'],
  ['revision', { revision: 1 }, 'revision changed'],
  ['model', { modelId: 'image-00' }, 'model changed'],
  ['options', { providerOptions: { promptOptimizer: true } }, 'provider options changed'],
  ['both', { prompt: 'other', seed: 8 }, 'prompt, seed changed'],
])('the reason names what changed: %s', async (_, change, reason) => {
  const files = { 'a.image.yaml': 'images: { a: { alt: "", prompt: x, seed: 7 } }' }
  const recipe = (await planFiles(files)).image('a').made?.recipe as Recipe
  const { image } = await planFiles(files, inventoryOf({}, { a: [{ ...recipe, ...change }] }))
  expect(image('a').reason).toBe(reason)
})

test('settings that the model does not support are reported with their position before anything is spent', async () => {
  // Each with the text at which the report has to point.
  const refused: ReadonlyArray<readonly [line: string, at: string]> = [
    [`  long: { prompt: "${'x'.repeat(1501)}" }`, '"xxx'],
    ['  size: { prompt: x, size: 500x500 }', '500x500'],
    ['  ratio: { prompt: x, aspectRatio: 16:10 }', '16:10'],
    ['  live: { prompt: x, model: image-01-live, aspectRatio: 21:9 }', '21:9'],
    ['  liveSize: { prompt: x, model: image-01-live, size: 512x512 }', '512x512'],
    ['  model: { prompt: x, model: image-1 }', 'image-1'],
    ['  type: { prompt: x, references: [{ from: "#ok", type: caracter }] }', 'caracter'],
    ['  options: { prompt: x, providerOptions: { promptOptimiser: true } }', 'true'],
    ['  style: { prompt: x, providerOptions: { style: { type: 水彩 } } }', '{ type'],
  ]
  const { plan } = await planFiles({
    'a.image.yaml': [
      'defaults: { alt: "" }',
      'images:',
      ...refused.map(([line]) => line),
      `  ok: { prompt: "${'🙂'.repeat(1500)}" }`,
      '  needs: { prompt: x, references: ["#model"] }',
    ].join('\n'),
  })
  const problems = [...plan.problems.values()].flat()
  const places = problems.map(({ place }) => `${place?.line}:${place?.column}`)
  const expected = refused.map(([line, at], index) => `${index + 3}:${line.indexOf(at) + 1}`)
  expect(places.sort()).toEqual(expected.sort())
  expect(problems.find(({ message }) => message.startsWith('model:'))?.hint).toBe(
    'Did you mean `image-01`?',
  )
  expect(plan.images.map(({ entry }) => entry.name)).toEqual(['ok'])
})

describe('a selection', () => {
  test('by id, name or glob includes its references, and counts only those', async () => {
    const { plan } = await planFiles({
      'src/a.image.yaml': CAST,
      'src/b.image.yaml': 'images: { other: { alt: "", prompt: z } }',
    })
    const names = (patterns: string[]): string[] =>
      selectPlan(plan, patterns).jobs.map((job) => job.entry.name)
    expect(names(['scene'])).toEqual(['kira', 'scene'])
    expect(names(['src/a.image.yaml#tavern'])).toEqual(['kira', 'scene', 'tavern'])
    expect(names(['src/b*'])).toEqual(['other'])
    expect(names(['src/b.image.yaml'])).toEqual(['other'])
    expect(selectPlan(plan, ['scene']).summary).toMatchObject({
      images: 1,
      missing: 1,
      pictures: 2,
    })
    expect(() => selectPlan(plan, ['scenne'])).toThrow(/Did you mean `scene`/)
  })

  test('`replace` works only for unavailable images', async () => {
    const { plan } = await planFiles({ 'a.image.yaml': CAST }, (key) =>
      inventoryOf({
        [key('kira')]: { candidates: [candidate('k', { bytes: 'absent' })], problems: [] },
      }),
    )
    expect(selectPlan(plan, [], { replace: 'kira' }).jobs).toMatchObject([
      { ids: ['a.image.yaml#kira'], renew: { kind: 'lost' }, missing: 1 },
    ])
    expect(() => selectPlan(plan, [], { replace: 'scene' })).toThrow(/nothing to replace/)
  })
})
