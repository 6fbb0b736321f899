import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../src/emulator/index.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { selectPlan } from '../../src/plan/select.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { temporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline, statesOf, testEmulator } from './running.ts'

const CAST = `
defaults: { alt: "" }
images:
  scene: { prompt: Kira stands in a library, references: ["#kira"] }
  kira: { prompt: Portrait of Kira, seed: 7 }
`

function originalsIn(root: string): string[] {
  return readdirSync(path.join(root, '.imagegen'))
    .filter((name) => name.endsWith('.jpg'))
    .sort()
}

function receiptOf(root: string, name: string): Record<string, unknown> {
  const folder = path.join(root, '.imagegen')
  const file = readdirSync(folder).find(
    (other) => other.startsWith(`${name}.`) && other.endsWith('.json'),
  )
  return JSON.parse(readFileSync(path.join(folder, file ?? ''), 'utf8')) as Record<string, unknown>
}

describe('a missing image', () => {
  test('is requested once, in dependency order, with the picture that it refers to', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': CAST })
    const pipeline = await openPipeline(root, emulator)
    const { report } = await generateAll(pipeline)
    expect(report).toEqual({
      generated: ['a.image.yaml#kira', 'a.image.yaml#scene'],
      failures: [],
      remaining: [],
    })
    expect(emulator.requests().map(({ body }) => body)).toMatchObject([
      { model: 'image-01', prompt: 'Portrait of Kira', aspect_ratio: '1:1', seed: 7, n: 1 },
      { prompt: 'Kira stands in a library', subject_reference: [{ type: 'character' }] },
    ])
    const kira = emulator.served()[0]?.sha256
    expect(receiptOf(root, 'scene')).toMatchObject({
      inputs: [{ reference: 'a.image.yaml#kira', sha256: kira }],
      usd: 0.0035,
      responseId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    expect(await statesOf(pipeline)).toEqual({ scene: 'current', kira: 'current' })
    expect((await generateAll(pipeline)).report.generated).toEqual([])
    expect(emulator.stats().requests).toBe(2)
    expect(pipeline.budget.spent()).toEqual({ requests: 2, pictures: 2, usd: 0.007 })
  })

  test('is sent with all fields of the API', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({
      'a.image.yaml': `
images:
  all:
    alt: ""
    prompt: a lighthouse
    size: 512x640
    seed: -3
    n: 2
    providerOptions: { promptOptimizer: true, watermark: true }
  styled: { alt: "", prompt: a harbour, model: image-01-live, providerOptions: { style: { type: 水彩, weight: 0.5 } } }
`,
    })
    await generateAll(await openPipeline(root, emulator))
    expect(emulator.requests().map(({ body }) => body)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          width: 512,
          height: 640,
          seed: -3,
          n: 2,
          prompt_optimizer: true,
          aigc_watermark: true,
          response_format: 'base64',
        }),
        expect.objectContaining({
          model: 'image-01-live',
          style: { style_type: '水彩', style_weight: 0.5 },
        }),
      ]),
    )
  })

  test('a local picture in another format is converted before it is sent', async () => {
    const emulator = await testEmulator()
    const { root, write } = await temporaryProject({
      'a.image.yaml': 'images: { a: { alt: "", prompt: x, references: [./face.webp] } }',
    })
    const { default: sharp } = await import('sharp')
    const face = await sharp({
      create: { width: 40, height: 30, channels: 3, background: '#c04020' },
    })
      .webp()
      .toBuffer()
    write({ 'face.webp': face })
    const { report } = await generateAll(await openPipeline(root, emulator))
    expect(report.failures).toEqual([])
    expect(receiptOf(root, 'a')).toMatchObject({
      inputs: [{ reference: 'face.webp', sha256: sha256(face) }],
    })
  })
})

describe('candidates and seeds', () => {
  const many = (n: number, more = ''): string =>
    `images: { a: { alt: "", prompt: x, n: ${n}${more} } }`

  test('one request for four; raising `n` asks for the difference with the next seed', async () => {
    const emulator = await testEmulator()
    const { root, write } = await temporaryProject({ 'a.image.yaml': many(4, ', seed: 100') })
    const pipeline = await openPipeline(root, emulator)
    await generateAll(pipeline)
    expect(originalsIn(root)).toHaveLength(4)
    write({ 'a.image.yaml': many(6, ', seed: 100') })
    await generateAll(pipeline)
    expect(originalsIn(root)).toHaveLength(6)
    expect(emulator.requests().map(({ body }) => body)).toMatchObject([
      { n: 4, seed: 100 },
      { n: 2, seed: 104 },
    ])
    write({ 'a.image.yaml': many(1, ', seed: 100') })
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
  })

  test('a derived seed is sent, and the same one where a lost original is asked for again', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': many(1) })
    const pipeline = await openPipeline(root, emulator)
    await generateAll(pipeline)
    const [name = ''] = originalsIn(root)
    rmSync(path.join(root, '.imagegen', name))
    expect(await statesOf(pipeline)).toEqual({ a: 'unavailable' })
    expect((await generateAll(pipeline)).report.generated).toEqual([])
    const { report } = await generateAll(pipeline, {
      choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs,
    })
    expect(report.failures).toEqual([])
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
    const [first, second] = emulator.requests().map(({ body }) => body as { seed: number })
    expect(first?.seed).toBeGreaterThanOrEqual(0)
    expect(second?.seed).toBe(first?.seed)
    expect(originalsIn(root)).toEqual([name])
  })

  test('refused images of a request are requested again only as far as they are needed', async () => {
    const emulator = await testEmulator({ faults: [{ kind: 'partial', refused: 2, nth: 1 }] })
    const { root } = await temporaryProject({ 'a.image.yaml': many(3) })
    const { report, events } = await generateAll(await openPipeline(root, emulator))
    expect(report.failures).toEqual([])
    expect(originalsIn(root)).toHaveLength(3)
    expect(emulator.requests().map(({ body }) => (body as { n: number }).n)).toEqual([3, 2])
    expect(
      events.some((event) => event.kind === 'warning' && event.message.startsWith('a: ')),
    ).toBe(true)
  })

  test('`--outdated` regenerates an outdated picture and moves the old one to the trash', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': CAST })
    const pipeline = await openPipeline(root, emulator)
    await generateAll(pipeline)
    // Another branch's character sheet: the same key, older, other bytes.
    const folder = path.join(root, '.imagegen')
    for (const name of readdirSync(folder)) {
      if (name.startsWith('kira.')) rmSync(path.join(folder, name))
    }
    const other = await testEmulator({
      faults: [{ kind: 'wrong-size', width: 1000, height: 1000 }],
    })
    await generateAll(await openPipeline(root, other))
    expect(await statesOf(pipeline)).toEqual({ scene: 'outdated', kira: 'current' })
    const { report } = await generateAll(pipeline, {
      choose: ({ plan }) => selectPlan(plan, [], { outdated: true }).jobs,
    })
    expect(report.generated).toEqual(['a.image.yaml#scene'])
    expect(await statesOf(pipeline)).toEqual({ scene: 'current', kira: 'current' })
    expect(readdirSync(path.join(folder, 'trash')).length).toBeGreaterThan(0)
  })
})

describe('failures', () => {
  test('a refused prompt ends that entry and what needs it; the others are made', async () => {
    const emulator = await testEmulator({
      faults: [{ kind: 'status', code: 1026, match: 'forbidden' }],
    })
    const { root } = await temporaryProject({
      'a.image.yaml': `
defaults: { alt: "" }
images:
  bad: { prompt: forbidden }
  child: { prompt: y, references: ["#bad"] }
  good: { prompt: fine }
`,
    })
    const pipeline = await openPipeline(root, emulator)
    const { report } = await generateAll(pipeline)
    expect(report.generated).toEqual(['a.image.yaml#good'])
    expect(report.failures.map(({ ids, code }) => [ids, code])).toEqual([
      [['a.image.yaml#bad'], '1026'],
      [['a.image.yaml#child'], 'blocked'],
    ])
    expect(report.failures[0]?.problem.place).toMatchObject({ file: 'a.image.yaml', line: 4 })
    expect(pipeline.budget.spent()).toMatchObject({ requests: 2, pictures: 1 })
  })

  test.each([1004, 1008, 2049, 2056, 2061])(
    '%i stops the run: nothing else is asked for',
    async (code) => {
      const emulator = await testEmulator({ faults: [{ kind: 'status', code }] })
      const images = Array.from({ length: 60 }, (_, index) => `  i${index}: { prompt: p${index} }`)
      const { root } = await temporaryProject({
        'a.image.yaml': `defaults: { alt: "" }\nimages:\n${images.join('\n')}`,
      })
      const pipeline = await openPipeline(root, {
        ...emulator,
        inline: {
          budget: { images: 100 },
          models: { 'image-01': minimax('image-01', { rpm: 1000 }) },
        },
      })
      const { report } = await generateAll(pipeline)
      expect(report.failures).toHaveLength(60)
      expect(report.failures.some((failure) => failure.code === String(code))).toBe(true)
      expect(
        report.failures.filter((failure) => failure.code === 'stopped').length,
      ).toBeGreaterThan(40)
      expect(emulator.stats().requests).toBeLessThanOrEqual(16)
    },
  )

  test('one account that is refused does not stop another', async () => {
    const emulator = await testEmulator()
    const refusing = await testEmulator({ apiKey: 'another-api-key' })
    const images = Array.from({ length: 30 }, (_, index) => `  i${index}: { prompt: p${index} }`)
    const { root } = await temporaryProject({
      'a.image.yaml': `defaults: { alt: "" }\nimages:\n  other: { prompt: x, model: other }\n${images.join('\n')}`,
    })
    const pipeline = await openPipeline(root, {
      ...emulator,
      inline: {
        budget: { images: 100 },
        models: {
          'image-01': minimax('image-01', { rpm: 1000 }),
          other: minimax('image-01', { host: refusing.url.replace('127.0.0.1', 'localhost') }),
        },
      },
    })
    const { report } = await generateAll(pipeline)
    expect(report.generated).toHaveLength(30)
    expect(report.failures.map(({ ids, code }) => [ids, code])).toEqual([
      [['a.image.yaml#other'], '2049'],
    ])
  })

  test.each<[string, Parameters<typeof testEmulator>[0]]>([
    ['1000', { faults: [{ kind: 'status', code: 1000, nth: 1 }] }],
    ['1033', { faults: [{ kind: 'status', code: 1033, nth: 1 }] }],
    ['a gateway', { faults: [{ kind: 'http', status: 502, nth: 1 }] }],
    ['a reset', { faults: [{ kind: 'reset', nth: 1 }] }],
    ['half an answer', { faults: [{ kind: 'truncated-json', nth: 1 }] }],
  ])('%s is tried again', async (_, options) => {
    const emulator = await testEmulator(options)
    const { root } = await temporaryProject({ 'a.image.yaml': 'prompt: x\nalt: ""' })
    const { report, events } = await generateAll(await openPipeline(root, emulator))
    expect(report.generated).toEqual(['a.image.yaml'])
    expect(emulator.stats().requests).toBe(2)
    expect(events.filter(({ kind }) => kind === 'retried')).toHaveLength(1)
  })

  test.each(['not-an-image', 'truncated-image', 'wrong-aspect-ratio', 'bomb'] as const)(
    '%s is never an original: it is kept in quarantine, and not asked for again at once',
    async (kind) => {
      const emulator = await testEmulator({ faults: [{ kind }] })
      const { root } = await temporaryProject({ 'a.image.yaml': 'prompt: x\nalt: ""' })
      const { report } = await generateAll(await openPipeline(root, emulator))
      expect(report.failures).toMatchObject([{ code: 'unusable' }])
      expect(report.failures[0]?.problem.message).toContain('.imagegen/quarantine/')
      expect(emulator.stats().requests).toBe(1)
      expect(originalsIn(root)).toEqual([])
      expect(readdirSync(path.join(root, '.imagegen/quarantine')).length).toBeGreaterThan(0)
    },
  )

  test.each<[Fault['kind'], Fault, code: string]>([
    ['truncated-json', { kind: 'truncated-json' }, 'malformed'],
    ['broken-base64', { kind: 'broken-base64' }, 'malformed'],
    ['unsafe-url', { kind: 'unsafe-url' }, 'download'],
    ['reset', { kind: 'reset', when: 'middle' }, 'network'],
    ['hang', { kind: 'hang', when: 'middle' }, 'timeout'],
  ])(
    'what arrives by %s is kept as it came, and the failure says where',
    async (_, fault, code) => {
      const emulator = await testEmulator({ faults: [fault] })
      const { root, file } = await temporaryProject({ 'a.image.yaml': 'prompt: x\nalt: ""' })
      const models = { 'image-01': minimax('image-01', { timeout: 2000 }) }
      const pipeline = await openPipeline(root, {
        ...emulator,
        inline: { budget: { images: 2 }, models },
      })
      const { report, events } = await generateAll(pipeline)
      const [failure] = report.failures
      const said = [
        failure?.problem.message ?? '',
        ...events.flatMap((event) => (event.kind === 'retried' ? [event.error.message] : [])),
      ].find((message) => message.includes('quarantine'))
      const [kept = ''] = /\.imagegen\/quarantine\/\S+\.answer\.txt/.exec(said ?? '') ?? []
      expect(said).toContain(`kept as ${kept}`)
      expect(readFileSync(file(kept), 'utf8')).toMatch(/^\{"id":"[0-9a-f]{32}","data":\{"image_/)
      expect(JSON.parse(readFileSync(file(`${kept}.report.json`), 'utf8'))).toMatchObject({
        what: expect.stringContaining('key') as string,
        why: expect.any(String) as string,
      })
      expect([code, 'budget']).toContain(failure?.code)
      // Nothing tells a picture in it: the key stays free, and the next run may ask.
      expect(await statesOf(pipeline)).toEqual({ a: 'missing' })
      expect((await pipeline.store.verify()).problems).toEqual([])
    },
  )

  test('an empty answer is a failure', async () => {
    const emulator = await testEmulator({ faults: [{ kind: 'empty' }] })
    const { root } = await temporaryProject({ 'a.image.yaml': 'prompt: x\nalt: ""' })
    const { report } = await generateAll(await openPipeline(root, emulator))
    expect(report.failures).toMatchObject([{ code: 'empty' }])
  })

  test('a reference that was changed after the plan is not sent', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({
      'a.image.yaml': 'images: { a: { alt: "", prompt: x, references: [./a.png] } }',
      'a.png': 'one',
    })
    const { report } = await generateAll(await openPipeline(root, emulator), {
      choose({ plan }) {
        writeFileSync(path.join(root, 'a.png'), 'two')
        return plan.jobs
      },
    })
    expect(report.failures[0]?.problem.message).toContain('was changed after the plan')
    expect(emulator.stats().requests).toBe(0)
  })
})

describe('the budget', () => {
  test('is held against the plan before the first request', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': CAST })
    const pipeline = await openPipeline(root, { ...emulator, inline: { budget: { images: 1 } } })
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toMatchObject({
      code: 'budget',
      message: expect.stringContaining('2 pictures for 0.007 USD') as string,
    })
    expect(emulator.stats().requests).toBe(0)
  })

  test('counts every attempt that may have been billed', async () => {
    const emulator = await testEmulator({ faults: [{ kind: 'http', status: 500 }] })
    const { root } = await temporaryProject({ 'a.image.yaml': 'prompt: x\nalt: ""' })
    const pipeline = await openPipeline(root, { ...emulator, inline: { budget: { images: 2 } } })
    const { report } = await generateAll(pipeline)
    expect(report.failures).toMatchObject([{ code: 'budget' }])
    expect(emulator.stats().requests).toBe(2)
    expect(pipeline.budget.spent()).toEqual({ requests: 2, pictures: 2, usd: 0.007 })
  })

  test('in USD', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': CAST })
    const tight = await openPipeline(root, { ...emulator, inline: { budget: { usd: 0.0069 } } })
    await expect(tight.fulfil(new AbortController().signal)).rejects.toMatchObject({
      code: 'budget',
    })
    const enough = await openPipeline(root, { ...emulator, inline: { budget: { usd: 0.007 } } })
    await enough.fulfil(new AbortController().signal)
    expect(emulator.stats().requests).toBe(2)
  })
})

describe('interruption', () => {
  test('waiting requests are not sent; requests under way arrive and are stored', async () => {
    const emulator = await testEmulator({ latency: 300 })
    const images = Array.from({ length: 40 }, (_, index) => `  i${index}: { prompt: p${index} }`)
    const { root } = await temporaryProject({
      'a.image.yaml': `defaults: { alt: "" }\nimages:\n${images.join('\n')}`,
    })
    const pipeline = await openPipeline(root, {
      ...emulator,
      inline: {
        budget: { images: 100 },
        models: { 'image-01': minimax('image-01', { rpm: 1000 }) },
      },
    })
    const stop = new AbortController()
    const { report } = await generateAll(pipeline, {
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'requested') stop.abort()
      },
    })
    const { requests, images: served } = emulator.stats()
    expect(requests).toBeLessThan(40)
    expect(served).toBe(requests)
    expect(originalsIn(root)).toHaveLength(served)
    expect(report.generated).toHaveLength(served)
    expect(report.remaining).toHaveLength(40 - served)
    expect(report.failures).toEqual([])
    await generateAll(pipeline)
    expect(emulator.stats().images).toBe(40)
  })
})

test('three pipelines on one store ask for each key once, and share a final failure', async () => {
  const emulator = await testEmulator({
    // Long enough for all of them to wait for the first, on a busy machine too: who comes later asks anew.
    latency: 1000,
    faults: [{ kind: 'status', code: 1026, match: 'bad' }],
  })
  const { root } = await temporaryProject({
    'a.image.yaml':
      'defaults: { alt: "" }\nimages: { a: { prompt: x }, b: { prompt: y }, c: { prompt: bad } }',
  })
  const pipelines = await Promise.all([1, 2, 3].map(() => openPipeline(root, emulator)))
  const runs = await Promise.all(pipelines.map((pipeline) => generateAll(pipeline)))
  expect(emulator.stats().requests).toBe(3)
  for (const { report } of runs) {
    expect(report.failures.map(({ code }) => code)).toEqual(['1026'])
  }
})
