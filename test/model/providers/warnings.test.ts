import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import { imageModel } from '../../../src/model/declare-facts.ts'
import type { ImageModel } from '../../../src/model/image-model.ts'
import type { GenerateEvent } from '../../../src/generate/event.ts'
import { listenToConsole } from '../../bundlers/console.ts'
import { generateAll } from '../../generate/running.ts'
import { askedFor, serveOpenAiImages } from './openai-images.ts'
import { providerProject } from './provider-project.ts'

const versions = { v2: createOpenAIV2, v3: createOpenAIV3 }
const VERSIONS = Object.keys(versions) as Array<keyof typeof versions>

function warningsIn(events: readonly GenerateEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
}

describe.each(VERSIONS)('a model of the AI SDK (%s)', (version) => {
  const create = (url: string): ImageModel =>
    versions[version]({ apiKey: 'sk-test', baseURL: url }).image('gpt-image-1')

  test('that ignores a setting of many images is one warning with their lines', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': `
defaults: { model: sketch, size: 1024x1024 }
images:
  a: { prompt: A, seed: 1 }
  b: { prompt: B, seed: 2, n: 2 }
  c: { prompt: C }
`,
      'b.image.yaml': 'images: { d: { prompt: D, model: other, size: 1024x1024, seed: 3 } }',
    })
    // Without declared sizes the first ignored seed would end the requests with a seed.
    const limits = { sizes: ['1024x1024'] } as const
    const pipeline = await project.open({
      sketch: imageModel(create(server.url), { maxImagesPerCall: 1, price: 0, limits }),
      other: imageModel(create(server.url), { limits }),
    })
    const { report, events } = await generateAll(pipeline)
    expect(report.failures).toEqual([])
    expect(warningsIn(events).toSorted()).toEqual([
      'other: the model does not take `seed` and ignored it (b.image.yaml:1 d)',
      'sketch: the model does not take `seed` and ignored it (a.image.yaml:4 a, a.image.yaml:5 b)',
    ])
  })

  test.each([
    ['the flat shape', '{ quality: low }'],
    ['the shape of the AI SDK', '{ openai: { quality: low } }'],
  ])('gets its options in %s', async (_, options) => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': `images: { a: { prompt: A, model: m, size: 1024x1024, providerOptions: ${options} } }`,
    })
    const pipeline = await project.open({ m: create(server.url) })
    expect((await generateAll(pipeline)).report.failures).toEqual([])
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({ quality: 'low' })
    // As it is written, so that no key changes.
    expect(project.receipts()).toMatchObject([
      {
        recipe: {
          providerOptions: options.includes('openai')
            ? { openai: { quality: 'low' } }
            : { quality: 'low' },
        },
      },
    ])
  })

  test('is not asked for several images once it refused that, and the run says so', async () => {
    const server = await serveOpenAiImages({ most: 1 })
    const project = await providerProject({
      'a.image.yaml': `
defaults: { model: sketch, size: 1024x1024 }
images:
  a: { prompt: A, n: 3 }
  b: { prompt: B, n: 2, references: ["#a"] }
`.replace(', references: ["#a"]', version === 'v2' ? '' : ', references: ["#a"]'),
    })
    const pipeline = await project.open({ sketch: imageModel(create(server.url), { price: 0.04 }) })
    const { report, events } = await generateAll(pipeline)
    expect(report.failures).toEqual([])
    expect(server.drawn()).toBe(5)
    expect(pipeline.budget.spent()).toMatchObject({ pictures: server.drawn(), usd: 0.2 })
    const said = warningsIn(events).filter((message) => message.includes('maxImagesPerCall'))
    expect(said).toEqual([
      'sketch refused a request for several images and drew a single one, although its maxImagesPerCall is 10: this run goes on with 1 image a request. To plan with that, declare it: imageModel(…, { maxImagesPerCall: 1 }).',
    ])
    const several = server.received.filter((request) => askedFor(request).n > 1)
    // Where nothing waits for the first image, both are asked for at once.
    expect(several.length).toBe(version === 'v2' ? 2 : 1)
  })

  test('that refuses one image, too, fails with its words and counts nothing', async () => {
    const server = await serveOpenAiImages({ sizes: ['1024x1024'] })
    const project = await providerProject({
      'a.image.yaml': 'images: { a: { prompt: A, model: m, size: 64x64, n: 3 } }',
    })
    const pipeline = await project.open({ m: imageModel(create(server.url), { price: 0.04 }) })
    const { report, events } = await generateAll(pipeline)
    expect(report.failures[0]?.problem.message).toContain("Invalid value: '64x64'")
    expect(warningsIn(events)).toEqual([])
    expect(server.received.map((request) => askedFor(request).n)).toEqual([3, 1])
    expect(pipeline.budget.spent()).toMatchObject({ pictures: server.drawn(), usd: 0 })
  })
})

test('a misspelt provider in providerOptions is a warning at its place, before anything is sent', async () => {
  const server = await serveOpenAiImages()
  const project = await providerProject({
    'a.image.yaml':
      'images:\n  a:\n    prompt: A\n    model: m\n    providerOptions: { opneai: { quality: low } }\n',
  })
  const model = createOpenAIV3({ apiKey: 'sk-test', baseURL: server.url }).image('gpt-image-1')
  const pipeline = await project.open({ m: model })
  const lines = listenToConsole()
  await pipeline.survey()
  await pipeline.survey()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(
    'a.image.yaml:5:24  a: `providerOptions.opneai`: there is no provider `opneai`, so m ignores it.',
  )
  expect(lines[0]).toContain('Did you mean `openai`?')
  expect(server.received).toEqual([])
})
