import { LoadAPIKeyError } from '@ai-sdk/provider'
import { createGateway } from 'ai'
import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { imageModel } from '../../../src/model/declare-facts.ts'
import type { ImageModel } from '../../../src/model/image-model.ts'
import { sdkAccountOf } from '../../../src/model/sdk-account.ts'
import { generateAll, openPipeline } from '../../generate/running.ts'
import { temporaryProject } from '../../temporary-project.ts'
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
    expect(sdkAccountOf(create({})).missing?.source?.variable).toBe('OPENAI_API_KEY')
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

describe('a key that is found missing only', () => {
  /** A model that looks for its key when it is asked. */
  const lazy = (error: () => Error, settings: Partial<ImageModel> = {}): ImageModel => ({
    specificationVersion: 'v3',
    provider: 'acme.image',
    modelId: 'brush',
    maxImagesPerCall: 1,
    limits: { sizes: ['1024x1024'] },
    doGenerate() {
      throw error()
    },
    ...settings,
  })
  const sdkError = (): Error =>
    new LoadAPIKeyError({
      message:
        "Acme API key is missing. Pass it using the 'apiKey' parameter or the ACME_API_KEY environment variable.",
    })
  const MANY = `
defaults: { model: sketch, size: 1024x1024 }
images:
${Array.from({ length: 20 }, (_, index) => `  i${index}: { prompt: "${index}" }`).join('\n')}
  last: { prompt: last, references: ["#i0"] }
`

  test.each<[string, () => Error]>([
    ['with the error of the SDK', sdkError],
    ['with another error of the same words', () => new Error(sdkError().message)],
    ['as the cause of another error', () => new Error('It failed.', { cause: sdkError() })],
  ])('when a request is to be sent is one message for all images, %s', async (_, error) => {
    const project = await providerProject({ 'a.image.yaml': MANY })
    const pipeline = await project.open({ sketch: lazy(error) }, { budget: { images: 50 } })
    const { report } = await generateAll(pipeline)
    expect(report.failures).toHaveLength(1)
    const [failure] = report.failures
    expect(failure).toMatchObject({ code: 'credentials', stopsRun: true })
    expect(failure?.ids).toHaveLength(21)
    expect(failure?.problem.message).toBe(
      "models.sketch (acme/brush) has no API key: Acme API key is missing. Pass it using the 'apiKey' parameter or the ACME_API_KEY environment variable. 21 images were not requested.",
    )
    expect(failure?.problem.hint).toContain('Set ACME_API_KEY in the environment')
    expect(failure?.problem.place?.file).toBe('a.image.yaml')
    expect(pipeline.budget.spent()).toEqual({ requests: 0, pictures: 0, usd: 0 })
  })

  test('does not keep the images of another account', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml':
        'images: { a: { prompt: A, model: sketch, size: 1024x1024 }, b: { prompt: B, model: other, size: 1024x1024 } }',
    })
    const pipeline = await project.open({
      sketch: lazy(sdkError),
      other: createOpenAIV3({ baseURL: server.url, apiKey: 'sk-test-0123' }).image('gpt-image-1'),
    })
    const { report } = await generateAll(pipeline)
    expect(report.generated).toEqual(['a.image.yaml#b'])
    expect(report.failures.map(({ ids }) => ids)).toEqual([['a.image.yaml#a']])
    expect(pipeline.budget.spent()).toMatchObject({ requests: 1, pictures: 1 })
    expect(server.drawn()).toBe(1)
  })

  test('by the gateway of Vercel, which answers 401 itself, counts nothing', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': 'images: { a: { prompt: A, model: gate }, b: { prompt: B, model: gate } }',
    })
    const gate = createGateway({ baseURL: server.url }).imageModel('acme/brush')
    const pipeline = await project.open({ gate })
    const { report } = await generateAll(pipeline)
    expect(report.failures).toHaveLength(1)
    expect(report.failures[0]).toMatchObject({ code: 'credentials' })
    expect(report.failures[0]?.problem.hint).toContain('AI_GATEWAY_API_KEY')
    expect(server.received).toEqual([])
    expect(pipeline.budget.spent()).toEqual({ requests: 0, pictures: 0, usd: 0 })
  })

  const CREATED = `
const { LoadAPIKeyError } = await import('PROVIDER')
const create = ({ apiKey }) => {
  if (apiKey === undefined) throw new LoadAPIKeyError({ message: 'Acme API key is missing. Set the ACME_API_KEY environment variable.' })
  return { specificationVersion: 'v3', provider: 'acme.image', modelId: 'brush', maxImagesPerCall: 1,
    config: { headers: () => ({ Authorization: \`Bearer \${apiKey}\` }) }, doGenerate: async () => { throw new Error('It was asked.') } }
}
export default ({ env }) => ({ models: { sketch: create({ apiKey: KEY }) } })
`.replace('PROVIDER', import.meta.resolve('@ai-sdk/provider'))

  test('when the model is created names the variable, and what to write to go on without', async () => {
    const { root } = await temporaryProject({
      'a.image.yaml': 'images: { a: { prompt: A, alt: "", model: sketch } }',
      'imagegen.config.mjs': CREATED.replace('KEY }', 'env.ACME_API_KEY }'),
    })
    const error: unknown = await openPipeline(root, { url: 'http://127.0.0.1:9' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ name: 'ImagegenError', code: 'credentials' })
    const { message } = error as Error
    expect(message).toContain('There is no API key: ACME_API_KEY is not set')
    expect(message).toMatch(/imagegen\.config\.mjs:4:\d+/)
    expect(message).toContain("apiKey: env.ACME_API_KEY ?? ''")
  })

  test('because it is empty is missing as any other', async () => {
    const { root } = await temporaryProject({
      'a.image.yaml': 'images: { a: { prompt: A, alt: "", model: sketch } }',
      'imagegen.config.mjs': CREATED.replace('KEY }', "env.ACME_API_KEY ?? '' }"),
    })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toThrow(
      'There is no API key. 1 image is missing',
    )
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
