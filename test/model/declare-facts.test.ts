import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { imageModel } from '../../src/model/declare-facts.ts'
import type { ImageModel, ImageModelFacts } from '../../src/model/image-model.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { resolveModel } from '../../src/model/resolved-model.ts'
import type { ImagegenError } from '../../src/shared/errors.ts'
import { describeImageModel, OPENAI } from './contract.ts'

const openai = createOpenAIV3({ apiKey: 'x' }).image('gpt-image-1')

for (const [version, createOpenAI] of [
  ['v2', createOpenAIV2],
  ['v3', createOpenAIV3],
] as const) {
  describeImageModel(`a model of specification ${version} with declared facts`, {
    ...OPENAI,
    create: (url) =>
      imageModel(createOpenAI({ apiKey: 'sk-test', baseURL: url }).image('gpt-image-1'), {
        price: 0.042,
      }),
  })
}

describe('imageModel', () => {
  test('fills in the fields that planning reads', async () => {
    const limits = { sizes: ['1024x1024', '1536x1024'], references: { max: 16 } } as const
    const model = imageModel(openai, {
      price: 0.042,
      requestsPerMinute: 5,
      limits,
      seed: false,
      maxImagesPerCall: 4,
    })
    expect(model).toMatchObject({
      specificationVersion: 'v3',
      provider: 'openai.image',
      modelId: 'gpt-image-1',
      price: 0.042,
      requestsPerMinute: 5,
      limits: { ...limits, seed: false },
      maxImagesPerCall: 4,
    })
    expect(await resolveModel('sketch', model)).toMatchObject({
      name: 'sketch',
      provider: 'openai',
      maxImagesPerCall: 4,
      price: 0.042,
      requestsPerMinute: 5,
      limits: { ...limits, seed: false },
      ownLimits: {},
      account: 'openai',
    })
  })

  test('leaves a model without facts as it is', async () => {
    expect(await resolveModel('sketch', imageModel(openai, {}))).toMatchObject({
      maxImagesPerCall: 10,
      price: undefined,
      limits: {},
      requestsPerMinute: undefined,
    })
    expect(imageModel(openai, { maxImagesPerCall: undefined }).maxImagesPerCall).toBe(10)
  })

  test('declares field by field over what a model says of itself, which keeps its account', async () => {
    const model = imageModel(minimax('image-01', { rpm: 5 }), {
      price: 0.01,
      limits: { promptLength: 100 },
    })
    const account = { apiKey: 'sk-x', host: 'https://api.minimax.cn' }
    const resolved = await resolveModel('hero', model.withAccount?.(account) ?? model)
    expect(resolved).toMatchObject({
      price: 0.01,
      requestsPerMinute: 5,
      maxImagesPerCall: 9,
      account: 'minimax@api.minimax.cn',
      limits: { promptLength: 100, defaultAspectRatio: '1:1', seed: true },
      ownLimits: { promptLength: 1500 },
    })
    expect(resolved.model.credentials).toBe('given')
    expect(model.credentials).toBe('missing')
  })

  test('calls what a model has as its own methods', async () => {
    class Brush implements ImageModel {
      readonly specificationVersion = 'v3'
      readonly #most = 7
      readonly modelId = 'brush'
      get provider(): string {
        return `acme.${this.#most}`
      }
      maxImagesPerCall(): number {
        return this.#most
      }
      doGenerate(): Promise<never> {
        return Promise.reject(new Error(`asked ${this.#most}`))
      }
    }
    const model = imageModel(new Brush(), { price: 1 })
    expect(await resolveModel('any', model)).toMatchObject({
      provider: 'acme',
      maxImagesPerCall: 7,
    })
    await expect(model.doGenerate({} as never)).rejects.toThrow('asked 7')
  })

  test('takes the last word of several declarations, and checks each', async () => {
    const once = imageModel(openai, { price: 1, limits: { promptLength: 10 } })
    const twice = await resolveModel('any', imageModel(once, { price: 2 }))
    expect(twice).toMatchObject({ price: 2, limits: { promptLength: 10 }, ownLimits: {} })
    const wrong = imageModel(imageModel(openai, { price: -1 }), { price: 2 })
    await expect(resolveModel('any', wrong)).rejects.toThrow('`price` is -1')
  })

  test('checks provider options by both, its own and those of the model', async () => {
    const model = imageModel(minimax('image-01'), {
      limits: { providerOptions: () => ({ issues: [{ path: ['style'], message: 'not here' }] }) },
    })
    const { limits } = await resolveModel('any', model)
    expect(limits.providerOptions?.({ watermark: true })).toHaveProperty('issues')
    expect(limits.providerOptions?.({ nonsense: true })).toHaveProperty('issues.0.path', [
      'nonsense',
    ])
  })

  test('has exact types', () => {
    expectTypeOf(imageModel).returns.toExtend<ImageModel>()
    expectTypeOf<{ price: '1' }>().not.toExtend<ImageModelFacts>()
    expectTypeOf<{ limits: { sizes: ['large'] } }>().not.toExtend<ImageModelFacts>()
    expectTypeOf<{ limits: { sizes: readonly ['8x8'] } }>().toExtend<ImageModelFacts>()
  })
})

describe('nonsense among facts', () => {
  test.each<[string, unknown, string]>([
    ['no facts', undefined, 'the facts are undefined, expected an object'],
    ['a list', [], 'the facts are [], expected an object'],
    ['a misspelt fact', { prize: 1 }, 'unknown fact `prize`. Did you mean `price`?'],
    ['a fact that nobody knows', { colour: 1 }, 'unknown fact `colour`. Known: price, '],
    ['a negative price', { price: -1 }, '`price` is -1, expected USD an image, or a function'],
    ['a price that is no number', { price: Number.NaN }, '`price` is NaN, expected'],
    ['a price in words', { price: '0.04' }, "`price` is '0.04', expected"],
    ['a rate of none', { requestsPerMinute: 0 }, '`requestsPerMinute` is 0, expected a number'],
    ['half a picture a call', { maxImagesPerCall: 0.5 }, '`maxImagesPerCall` is 0.5, expected'],
    ['a seed in words', { seed: 'yes' }, "`seed` is 'yes', expected `true` or `false`"],
    ['limits that are none', { limits: 9 }, '`limits` is 9, expected an object'],
    ['a misspelt limit', { limits: { size: [] } }, 'Did you mean `limits.sizes`?'],
    ['no sizes', { limits: { sizes: [] } }, '`limits.sizes` is [], expected a list such as'],
    ['a size in words', { limits: { sizes: ['large'] } }, "`limits.sizes` has 'large', expected"],
    ['a size of nothing', { limits: { sizes: ['0x64'] } }, "`limits.sizes` has '0x64', expected"],
    ['a size with blanks', { limits: { sizes: ['8 x 8'] } }, "`limits.sizes` has '8 x 8'"],
    [
      'bounds the wrong way round',
      { limits: { sizes: { min: 9, max: 8, multipleOf: 1 } } },
      '`limits.sizes` is { min: 9, max: 8, multipleOf: 1 }, expected',
    ],
    ['half a range', { limits: { sizes: { min: 9 } } }, '`limits.sizes` is { min: 9 }'],
    ['no ratios', { limits: { aspectRatios: {} } }, '`limits.aspectRatios` is {}, expected pixels'],
    ['ratios without pixels', { limits: { aspectRatios: ['1:1'] } }, '`limits.aspectRatios` is ['],
    [
      'a ratio that is none',
      { limits: { aspectRatios: { wide: { width: 2, height: 1 } } } },
      '`wide` is no aspect ratio',
    ],
    [
      'pixels of another ratio',
      { limits: { aspectRatios: { '16:9': { width: 1024, height: 1024 } } } },
      '1024x1024 is not 16:9',
    ],
    [
      'a default that is not listed',
      {
        limits: {
          defaultAspectRatio: '1:1',
          aspectRatios: { '2:1': { width: 2000, height: 1000 } },
        },
      },
      '`limits.defaultAspectRatio` is none of `limits.aspectRatios`: 1:1.',
    ],
    ['a prompt of no length', { limits: { promptLength: 0 } }, '`limits.promptLength` is 0'],
    ['references that are yes', { limits: { references: true } }, '`limits.references` is true'],
    [
      'a number of references below one',
      { limits: { references: { max: 0 } } },
      '`limits.references` is { max: 0 }, expected { types, max }, or `false` for none',
    ],
    [
      'two words about seeds',
      { seed: true, limits: { seed: false } },
      '`seed` is true and `limits.seed`',
    ],
    [
      'two numbers a call',
      { maxImagesPerCall: 4, limits: { n: 2 } },
      '`maxImagesPerCall` is 4 and `limits.n` is 2',
    ],
    [
      'a price function that gives none for a listed size',
      { price: () => 'much', limits: { sizes: ['8x8'] } },
      "`price` of 8x8: it gives 'much', expected USD an image",
    ],
    [
      'a price function that fails',
      {
        price: () => {
          throw new Error('no table.')
        },
        limits: { sizes: ['8x8'] },
      },
      '`price` of 8x8: it failed: no table.',
    ],
  ])('%s', async (_, facts, message) => {
    const attempt = resolveModel('sketch', imageModel(openai, facts as ImageModelFacts))
    await expect(attempt).rejects.toMatchObject({ name: 'ImagegenError', code: 'config' })
    await expect(attempt).rejects.toThrow(message)
    await expect(attempt).rejects.toThrow(/^models\.sketch: imageModel\(\): /)
  })

  test('is told all at once', async () => {
    const facts = { price: -1, limits: { sizes: [] }, colours: 3 } as unknown as ImageModelFacts
    const error: unknown = await resolveModel('sketch', imageModel(openai, facts)).catch(
      (thrown: unknown) => thrown,
    )
    expect((error as ImagegenError).problems).toHaveLength(3)
  })

  test.each<[string, unknown, RegExp]>([
    ['a name', 'openai/gpt-image-1', /it is the text/],
    ['a promise', Promise.resolve(openai), /`await`/],
    ['nothing', undefined, /it is undefined/],
    ['an object', {}, /no function `doGenerate`/],
  ])('of %s instead of a model is said as without facts', async (_, value, message) => {
    const model = imageModel(value as ImageModel, { price: 1 })
    await expect(resolveModel('hero', model)).rejects.toThrow(message)
  })
})
