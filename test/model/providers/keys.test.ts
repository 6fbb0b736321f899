import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { imageModel } from '../../../src/model/declare-facts.ts'
import type { ImageModel } from '../../../src/model/image-model.ts'
import { sdkAccountOf } from '../../../src/model/sdk-account.ts'
import { generateAll } from '../../generate/running.ts'
import { refusal, serveOpenAiImages } from './openai-images.ts'
import { providerProject } from './provider-project.ts'

const versions = { v2: createOpenAIV2, v3: createOpenAIV3 }
const VERSIONS = Object.keys(versions) as Array<keyof typeof versions>

const THREE = `
defaults: { model: sketch, size: 1024x1024 }
images: { a: { prompt: A }, b: { prompt: B }, c: { prompt: C } }
`

let earlier: string | undefined

beforeEach(() => {
  earlier = process.env['OPENAI_API_KEY']
  delete process.env['OPENAI_API_KEY']
})
afterEach(() => {
  if (earlier !== undefined) process.env['OPENAI_API_KEY'] = earlier
})

describe.each(VERSIONS)('a model of the AI SDK (%s)', (version) => {
  const create = (settings: object): ImageModel => versions[version](settings).image('gpt-image-1')

  // This leans on a part of the SDK that is no part of its interface.
  test('keeps its headers where they are looked for', () => {
    expect(sdkAccountOf(create({ apiKey: 'sk-live-1234' })).credentials).toEqual(['sk-live-1234'])
    expect(sdkAccountOf(create({})).missing?.variable).toBe('OPENAI_API_KEY')
  })

  test.each([
    ['with facts', true],
    ['without facts', false],
  ])('that lacks its key is one message that names the variable, %s', async (_, hasFacts) => {
    const server = await serveOpenAiImages()
    const project = await providerProject({ 'a.image.yaml': THREE })
    const bare = create({ baseURL: server.url })
    const pipeline = await project.open({
      sketch: hasFacts ? imageModel(bare, { price: 0.04 }) : bare,
    })
    expect(pipeline.options.missingKeys.map(({ variable }) => variable)).toContain('OPENAI_API_KEY')
    const error: unknown = await pipeline
      .fulfil(new AbortController().signal)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'ImagegenError', code: 'credentials' })
    const { message } = error as Error
    expect(message).toContain(
      'There is no API key: OPENAI_API_KEY is not set. 3 images are missing',
    )
    expect(message).toContain('defineConfig(({ env }) => …)` and `apiKey: env.OPENAI_API_KEY`')
    expect(message.match(/OPENAI_API_KEY is not set/g)).toHaveLength(1)
    expect(server.received).toEqual([])
    expect(pipeline.budget.spent()).toMatchObject({ requests: 0, pictures: 0 })
  })

  test('is asked with a key of the environment', async () => {
    const server = await serveOpenAiImages()
    process.env['OPENAI_API_KEY'] = 'sk-from-environment'
    try {
      const project = await providerProject({ 'a.image.yaml': THREE })
      const pipeline = await project.open({ sketch: create({ baseURL: server.url }) })
      expect((await generateAll(pipeline)).report.failures).toEqual([])
      expect(server.received[0]?.headers.authorization).toBe('Bearer sk-from-environment')
    } finally {
      delete process.env['OPENAI_API_KEY']
    }
  })

  test.each([
    ['whole', (key: string) => key],
    ['in a URL', (key: string) => `https://x.example/?key=${encodeURIComponent(key)}`],
    ['twice', (key: string) => `${key} ${key}`],
  ])('does not repeat a key that its service echoes %s', async (_, echo) => {
    const key = 'sk-live/1234567890+abc'
    const server = await serveOpenAiImages({
      faults: [{ kind: 'refuses', status: 400, body: refusal(`Wrong key: ${echo(key)}.`) }],
    })
    const project = await providerProject({
      'a.image.yaml': 'images: { a: { prompt: A, model: sketch, size: 1024x1024 } }',
    })
    const pipeline = await project.open({ sketch: create({ apiKey: key, baseURL: server.url }) })
    const { report } = await generateAll(pipeline)
    const [failure] = report.failures
    expect(failure?.problem.message).toContain('***')
    expect(JSON.stringify(report)).not.toContain(key)
    expect(JSON.stringify(report)).not.toContain(encodeURIComponent(key))
    expect(server.drawn()).toBe(0)
  })
})

test('what a model answers does not bring secrets into receipts and warnings', async () => {
  const key = 'acme-live-1234567890'
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
    'base64',
  )
  const model: ImageModel = {
    specificationVersion: 'v3',
    provider: 'acme.image',
    modelId: 'brush',
    maxImagesPerCall: 1,
    secrets: () => [key],
    doGenerate: () =>
      Promise.resolve({
        images: [png],
        warnings: [{ type: 'other', message: `You sent ${key}.` }],
        providerMetadata: { acme: { id: `answer-to-${key}` } },
        response: { timestamp: new Date(), modelId: 'brush', headers: undefined },
      }),
  }
  const project = await providerProject({
    'a.image.yaml': 'images: { a: { prompt: A, model: acme } }',
  })
  const { events } = await generateAll(await project.open({ acme: model }))
  expect(JSON.stringify(events)).toContain('You sent ***.')
  expect(JSON.stringify(events)).not.toContain(key)
  expect(project.receipts()).toMatchObject([{ responseId: 'answer-to-***' }])
  expect(JSON.stringify(project.receipts())).not.toContain(key)
})
