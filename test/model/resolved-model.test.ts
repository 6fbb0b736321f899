import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import type { ImageModel } from '../../src/model/image-model.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { resolveModel } from '../../src/model/resolved-model.ts'

const openai = createOpenAIV3({ apiKey: 'x' })

/** The least that is an image model. */
const least = {
  specificationVersion: 'v3',
  provider: 'acme.image.beta',
  modelId: 'brush',
  maxImagesPerCall: undefined,
  doGenerate: () => Promise.reject(new Error('never called')),
} satisfies ImageModel

describe('resolveModel', () => {
  test('knows what MiniMax says of itself', async () => {
    const model = minimax('image-01', { host: 'https://api.minimax.cn', rpm: 5 })
    expect(await resolveModel('hero', model)).toEqual({
      name: 'hero',
      model,
      provider: 'minimax',
      modelId: 'image-01',
      maxImagesPerCall: 9,
      price: 0.0035,
      limits: model.limits,
      requestsPerMinute: 5,
      account: 'minimax@api.minimax.cn',
    })
  })

  test('fills in what a model leaves out', async () => {
    expect(await resolveModel('any', least)).toEqual({
      name: 'any',
      model: least,
      provider: 'acme',
      modelId: 'brush',
      maxImagesPerCall: 1,
      price: undefined,
      limits: {},
      requestsPerMinute: undefined,
      account: 'acme',
    })
  })

  test.each<[string, ImageModel['maxImagesPerCall'], number]>([
    ['a number', 4, 4],
    ['no limit', Infinity, Infinity],
    ['a function', ({ modelId }) => modelId.length, 5],
    ['a promise', () => Promise.resolve(3), 3],
    ['a function that does not know', () => undefined, 6],
    ['nothing', undefined, 6],
  ])('counts pictures a call from %s', async (_, maxImagesPerCall, expected) => {
    const resolved = await resolveModel('any', { ...least, maxImagesPerCall, limits: { n: 6 } })
    expect(resolved.maxImagesPerCall).toBe(expected)
  })

  test('calls the function as a method, as classes want it', async () => {
    const model = {
      ...least,
      most: 7,
      maxImagesPerCall(): number {
        return this.most
      },
    }
    expect((await resolveModel('any', model)).maxImagesPerCall).toBe(7)
  })

  test('takes references from v3 on, unless the model says that it takes none', async () => {
    const references = async (model: ImageModel): Promise<unknown> =>
      (await resolveModel('any', model)).limits.references
    expect(await references(createOpenAIV2({ apiKey: 'x' }).image('gpt-image-1'))).toBe(false)
    expect(await references(openai.image('gpt-image-1'))).toBeUndefined()
    expect(await references({ ...least, supportsFileInputs: Promise.resolve(false) })).toBe(false)
    expect(await references({ ...least, limits: { references: { types: ['style'] } } })).toEqual({
      types: ['style'],
    })
    const v2 = { ...least, specificationVersion: 'v2', limits: { n: 2 } } as const
    expect((await resolveModel('any', v2)).limits).toEqual({ n: 2, references: false })
  })

  test.each<[string, unknown, RegExp]>([
    [
      'a name',
      'openai/gpt-image-1',
      /it is the text 'openai\/gpt-image-1'\. Give the model itself/,
    ],
    ['a provider that was not called', openai, /it is a function\. Call it/],
    ['a language model', openai('gpt-5'), /no `maxImagesPerCall`.*`\.image/],
    ['a promise', Promise.resolve(least), /`await`/],
    ['nothing', undefined, /it is undefined/],
    ['null', null, /it is null/],
    ['a list', [least], /it is object/],
    ['an object', {}, /no function `doGenerate`/],
    ['an old version', { ...least, specificationVersion: 'v1' }, /specificationVersion is v1/],
    ['no provider', { ...least, provider: '.image' }, /`provider`/],
    ['no id', { ...least, modelId: '' }, /`modelId`/],
    ['no picture a call', { ...least, maxImagesPerCall: 0 }, /maxImagesPerCall is 0/],
    ['half a picture a call', { ...least, maxImagesPerCall: () => 0.5 }, /gives 0\.5/],
    [
      'a function that fails',
      { ...least, maxImagesPerCall: () => Promise.reject(new Error('offline')) },
      /maxImagesPerCall failed: offline/,
    ],
    ['a negative price', { ...least, price: -1 }, /price is -1/],
    ['a price in words', { ...least, price: '1' }, /price is 1/],
    ['no rate', { ...least, requestsPerMinute: 0 }, /requestsPerMinute is 0/],
    ['limits that are none', { ...least, limits: 9 }, /`limits`/],
    ['an account that is none', { ...least, account: 9 }, /`account`/],
  ])('refuses %s', async (_, value, message) => {
    const attempt = resolveModel('hero', value as ImageModel)
    await expect(attempt).rejects.toMatchObject({ name: 'ImagegenError', code: 'config' })
    await expect(attempt).rejects.toThrow(message)
    await expect(attempt).rejects.toThrow(/^models\.hero is not an image model: /)
  })
})
