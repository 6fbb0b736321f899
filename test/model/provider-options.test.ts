import { describe, expect, test } from 'vitest'
import {
  flatProviderOptions,
  sentProviderOptions,
  unknownProviders,
} from '../../src/model/provider-options.ts'

describe('provider options', () => {
  test.each([
    ['openai.image', { quality: 'low' }, { openai: { quality: 'low' } }],
    ['openai.image', { openai: { quality: 'low' } }, { openai: { quality: 'low' } }],
    ['openai.image', {}, {}],
    // A level around has one shape, the image another.
    [
      'openai.image',
      { openai: { quality: 'low' }, style: 'vivid' },
      { openai: { style: 'vivid', quality: 'low' } },
    ],
    [
      'openai.image',
      { openai: { quality: 'low' }, google: { personGeneration: 'dont_allow' } },
      { openai: { quality: 'low' }, google: { personGeneration: 'dont_allow' } },
    ],
    ['minimax.image', { style: { type: 'x' } }, { minimax: { style: { type: 'x' } } }],
    ['local.image', { local: { steps: 4 } }, { local: { steps: 4 } }],
    ['azure.openai.image', { openai: { quality: 'low' } }, { openai: { quality: 'low' } }],
    [
      'azure.openai.image',
      { quality: 'low' },
      { azure: { quality: 'low' }, openai: { quality: 'low' } },
    ],
    ['google.generative-ai', { google: { a: 1 } }, { google: { a: 1 } }],
    [
      'black-forest-labs.image',
      { steps: 1 },
      { 'black-forest-labs': { steps: 1 }, blackForestLabs: { steps: 1 } },
    ],
    ['fal.image', { image: { width: 1 } }, { fal: { image: { width: 1 } } }],
  ])('of %s: %o are sent as %o', (provider, written, sent) => {
    expect(sentProviderOptions(written, provider)).toEqual(sent)
  })

  test.each([
    [{ opneai: { quality: 'low' } }, [{ name: 'opneai', suggestion: 'openai' }]],
    [{ openai: {}, acme: { quality: 'low' } }, [{ name: 'acme', suggestion: undefined }]],
    [{ openai: {}, google: {} }, []],
    [{ quality: 'low', style: { type: 'x' } }, []],
    [{ opneai: 'low' }, []],
  ])('%o have unknown providers %o', (written, unknown) => {
    expect(unknownProviders(written, 'openai.image')).toEqual(unknown)
  })

  test('of a model that checks them have no provider around them', () => {
    const nested = { minimax: { watermark: true }, style: { type: 'x' } }
    expect(flatProviderOptions(nested, 'minimax.image')).toEqual({
      style: { type: 'x' },
      watermark: true,
    })
    expect(flatProviderOptions({ minimax: true }, 'minimax.image')).toEqual({ minimax: true })
  })
})
