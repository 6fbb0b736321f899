import { describe, expect, test } from 'vitest'
import type { ProviderOptionsCheck } from '../../../src/model/image-model.ts'
import { minimax } from '../../../src/model/minimax/minimax.ts'
import type { JsonValue } from '../../../src/shared/hash.ts'

function check(
  options: Record<string, JsonValue>,
  modelId = 'image-01-live',
): ProviderOptionsCheck {
  return minimax(modelId).limits!.providerOptions!(options)
}

describe('the facts about a model', () => {
  test('image-01 takes every ratio and free sizes', () => {
    const model = minimax('image-01')
    expect(model).toMatchObject({ price: 0.0035, maxImagesPerCall: 9, requestsPerMinute: 10 })
    expect(model.limits).toMatchObject({
      promptLength: 1500,
      n: 9,
      defaultAspectRatio: '1:1',
      seed: true,
      sizes: { min: 512, max: 2048, multipleOf: 8 },
      references: { types: ['character'] },
    })
    const ratios = Object.entries(model.limits!.aspectRatios!)
    expect(ratios.map(([ratio, { width, height }]) => `${ratio}=${width}x${height}`)).toEqual([
      '1:1=1024x1024',
      '16:9=1280x720',
      '4:3=1152x864',
      '3:2=1248x832',
      '2:3=832x1248',
      '3:4=864x1152',
      '9:16=720x1280',
      '21:9=1344x576',
    ])
  })

  test('image-01-live takes neither 21:9 nor free sizes', () => {
    const { limits } = minimax('image-01-live')
    expect(limits).toMatchObject({ sizes: false, n: 9, promptLength: 1500 })
    expect(Object.keys(limits!.aspectRatios!)).not.toContain('21:9')
    expect(Object.keys(limits!.aspectRatios!)).toHaveLength(7)
  })

  test('of a model that is not known nothing is claimed', () => {
    const model = minimax('image-02', { rpm: 60 })
    expect(model).not.toHaveProperty('price')
    expect(model.maxImagesPerCall).toBeUndefined()
    expect(model.requestsPerMinute).toBe(60)
    expect(Object.keys(model.limits!)).toEqual(['references', 'seed', 'providerOptions'])
    expect(check({ style: { type: 'woodcut' } }, 'image-02')).toMatchObject({
      options: { style: { type: 'woodcut', weight: 0.8 } },
    })
  })
})

describe('providerOptions', () => {
  test.each<[Record<string, JsonValue>, object]>([
    [{}, { promptOptimizer: false, watermark: false }],
    [{ promptOptimizer: false }, { promptOptimizer: false, watermark: false }],
    [{ watermark: true }, { promptOptimizer: false, watermark: true }],
    [
      { style: { type: '漫画' } },
      { promptOptimizer: false, watermark: false, style: { type: '漫画', weight: 0.8 } },
    ],
    [
      { style: { weight: 1, type: '元气' } },
      { promptOptimizer: false, watermark: false, style: { type: '元气', weight: 1 } },
    ],
  ])('%o has one form', (given, form) => {
    expect(check(given)).toEqual({ options: form })
  })

  test.each<[Record<string, JsonValue>, string[], RegExp]>([
    [{ promptOptimiser: true }, ['promptOptimiser'], /did you mean promptOptimizer\?/],
    [{ zzz: 1 }, ['zzz'], /known are promptOptimizer, watermark, style$/],
    [{ promptOptimizer: 'yes' }, ['promptOptimizer'], /true or false, found "yes"/],
    [{ watermark: null }, ['watermark'], /true or false, found null/],
    [{ style: '水彩' }, ['style'], /expected type, weight, found "水彩"/],
    [{ style: {} }, ['style', 'type'], /missing/],
    [{ style: { type: 'comic' } }, ['style', 'type'], /漫画, 元气, 中世纪, 水彩/],
    [{ style: { type: '水彩', weight: 0 } }, ['style', 'weight'], /above 0 and at most 1/],
    [{ style: { type: '水彩', weight: 1.1 } }, ['style', 'weight'], /above 0 and at most 1/],
    [{ style: { type: '水彩', wieght: 1 } }, ['style', 'wieght'], /did you mean weight\?/],
  ])('%o is refused', (given, path, message) => {
    expect(check(given)).toEqual({ issues: [{ path, message: expect.stringMatching(message) }] })
  })

  test('every fault is told', () => {
    expect(check({ watermark: 1, promptOptimizer: 2, style: { type: '水彩', weight: 9 } })).toEqual(
      {
        issues: [expect.anything(), expect.anything(), expect.anything()],
      },
    )
  })

  test('image-01 has no style, and does not offer it', () => {
    expect(check({ style: { type: '水彩' } }, 'image-01')).toMatchObject({
      issues: [{ path: ['style'], message: expect.stringContaining('image-01-live') }],
    })
    expect(check({ styl: 1 }, 'image-01')).toMatchObject({
      issues: [{ message: 'is not known; known are promptOptimizer, watermark' }],
    })
  })
})
