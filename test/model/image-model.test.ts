import type { ImageModelV3 } from '@ai-sdk/provider'
import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import type { ImageModelV2 } from 'provider-v2'
import { expect, expectTypeOf, test } from 'vitest'
import { ModelError, type ImageModel } from '../../src/model/image-model.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { describeImageModel, OPENAI, type ModelUnderTest } from './contract.ts'

const settings = (url: string): { apiKey: string; baseURL: string } => ({
  apiKey: 'sk-test',
  baseURL: url,
})

const models: Readonly<Record<string, ModelUnderTest>> = {
  'minimax()': {
    create: (host) => minimax('image-01', { apiKey: 'sk-test', host }),
    answer: (pictures) => ({
      id: '06267856a7fcc41ace4fad17a3de1b5d',
      data: { image_base64: pictures },
      metadata: { failed_count: '0', success_count: String(pictures.length) },
      base_resp: { status_code: 0, status_msg: 'success' },
    }),
    count: (body) => (JSON.parse(body) as { n: number }).n,
  },
  'OpenAI of specification v2': {
    ...OPENAI,
    create: (url) => createOpenAIV2(settings(url)).image('gpt-image-1'),
  },
  'OpenAI of specification v3': {
    ...OPENAI,
    create: (url) => createOpenAIV3(settings(url)).image('gpt-image-1'),
  },
}

for (const [name, model] of Object.entries(models)) describeImageModel(name, model)

test('every image model of the AI SDK is one without a cast, and ours is one of theirs', () => {
  expectTypeOf<ImageModelV2>().toExtend<ImageModel>()
  expectTypeOf<ImageModelV3>().toExtend<ImageModel>()
  expectTypeOf(minimax).returns.toExtend<ImageModelV3>()
  expectTypeOf(minimax).returns.toExtend<ImageModel>()
  expectTypeOf<{ specificationVersion: 'v1' }>().not.toExtend<ImageModel>()
})

test('a ModelError is retryable unless its advice is never', () => {
  expect(new ModelError('', { code: '1026', retry: 'never' })).toMatchObject({
    isRetryable: false,
    stopsRun: false,
    maybeBilled: false,
  })
  expect(new ModelError('', { code: '1002', retry: 'rate-limit' }).isRetryable).toBe(true)
  expect(new ModelError('', { code: 'http-500', retry: 'backoff' }).isRetryable).toBe(true)
})
