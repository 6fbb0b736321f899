import { describe, expect, test } from 'vitest'
import { minimax } from '../../../src/model/minimax/minimax.ts'
import type { MinimaxCall, MinimaxWarning } from '../../../src/model/minimax/request.ts'
import { plainCall, sendJson, serve, type Received } from '../loopback.ts'

const ANSWER = { data: { image_base64: ['/9j/4AAQ'] }, base_resp: { status_code: 0 } }

async function send(
  call: Partial<MinimaxCall>,
  modelId = 'image-01',
  apiKey = 'sk-secret-key',
): Promise<{ received: Received; body: unknown; warnings: MinimaxWarning[] }> {
  const server = await serve((response) => sendJson(response, ANSWER))
  const model = minimax(modelId, { apiKey, host: server.url })
  const { warnings } = await model.doGenerate({ ...plainCall, ...call })
  const [received] = server.received
  return { received: received!, body: JSON.parse(received!.body), warnings }
}

const PLAIN = {
  model: 'image-01',
  prompt: plainCall.prompt,
  response_format: 'base64',
  n: 1,
  prompt_optimizer: false,
}

describe('what is sent', () => {
  test('goes to the endpoint, as JSON, with the key', async () => {
    const { received, body, warnings } = await send({})
    expect(received).toMatchObject({ method: 'POST', path: '/v1/image_generation' })
    expect(received.headers).toMatchObject({
      authorization: 'Bearer sk-secret-key',
      'content-type': 'application/json',
    })
    expect(body).toEqual(PLAIN)
    expect(warnings).toEqual([])
  })

  test.each<[string, Partial<MinimaxCall>, object]>([
    ['an aspect ratio', { aspectRatio: '21:9' }, { aspect_ratio: '21:9' }],
    ['a size', { size: '1280x720' }, { width: 1280, height: 720 }],
    ['the largest seed', { seed: Number.MAX_SAFE_INTEGER }, { seed: Number.MAX_SAFE_INTEGER }],
    ['seed 0', { seed: 0 }, { seed: 0 }],
    [
      'options',
      { providerOptions: { minimax: { promptOptimizer: true, watermark: true } } },
      { prompt_optimizer: true, aigc_watermark: true },
    ],
    ["another provider's options", { providerOptions: { openai: { quality: 'high' } } }, {}],
    [
      'references',
      {
        files: [
          { type: 'url', url: 'https://example.com/kira.png' },
          { type: 'file', mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) },
          {
            type: 'file',
            mediaType: 'image/jpeg',
            data: '/9j/4AAQ',
            providerOptions: { minimax: { type: 'object' } },
          },
        ],
      },
      {
        subject_reference: [
          { type: 'character', image_file: 'https://example.com/kira.png' },
          { type: 'character', image_file: 'data:image/png;base64,AQID' },
          { type: 'object', image_file: 'data:image/jpeg;base64,/9j/4AAQ' },
        ],
      },
    ],
    ['no references', { files: [] }, {}],
  ])('holds %s', async (_, call, fields) => {
    const { body, warnings } = await send(call)
    expect(body).toEqual({ ...PLAIN, ...fields })
    expect(warnings).toEqual([])
  })

  test('holds the style of image-01-live with its default weight', async () => {
    const providerOptions = { minimax: { style: { type: '水彩' } } }
    const { body } = await send({ providerOptions }, 'image-01-live')
    expect(body).toMatchObject({ style: { style_type: '水彩', style_weight: 0.8 } })
  })

  test("takes a caller's headers, but not in place of its own", async () => {
    const { received } = await send({
      headers: { 'x-team': 'art', Authorization: 'Bearer other', 'x-none': undefined },
    })
    expect(received.headers['x-team']).toBe('art')
    expect(received.headers.authorization).toBe('Bearer sk-secret-key')
    expect(received.headers).not.toHaveProperty('x-none')
  })

  test('lets the blanks around a pasted key off', async () => {
    const { received } = await send({}, 'image-01', ' sk-secret-key\n')
    expect(received.headers.authorization).toBe('Bearer sk-secret-key')
  })
})

describe('what MiniMax cannot do is a warning', () => {
  test.each<[string, string, Partial<MinimaxCall>]>([
    ['size', 'image-01-live', { size: '1024x1024' }],
    ['size', 'image-01', { size: '1024x1024', aspectRatio: '1:1' }],
    ['mask', 'image-01', { mask: { type: 'url', url: 'https://example.com/mask.png' } }],
  ])('%s with %s', async (feature, modelId, call) => {
    const { body, warnings } = await send(call, modelId)
    expect(warnings).toEqual([{ type: 'unsupported', feature, details: expect.any(String) }])
    expect(body).not.toHaveProperty('width')
    expect(body).not.toHaveProperty('mask')
  })
})

describe('what cannot be asked for is never sent', () => {
  test.each<[string, Partial<MinimaxCall>, RegExp]>([
    ['no prompt', { prompt: undefined }, /needs a prompt/],
    ['an empty prompt', { prompt: ' \n' }, /needs a prompt/],
    ['a seed with a fraction', { seed: 1.5 }, /1\.5 is not a safe integer/],
    ['a seed that loses digits', { seed: 2 ** 53 }, /not a safe integer/],
    ['a size that is none', { size: '1e3x1' }, /1e3x1/],
    [
      'a misspelt option',
      { providerOptions: { minimax: { promptOptimiser: true } } },
      /minimax\.promptOptimiser: .*did you mean promptOptimizer/,
    ],
    [
      'a style for image-01',
      { providerOptions: { minimax: { style: { type: '水彩' } } } },
      /only image-01-live/,
    ],
  ])('%s', async (_, call, message) => {
    const server = await serve((response) => sendJson(response, ANSWER))
    const model = minimax('image-01', { apiKey: 'sk-secret-key', host: server.url })
    await expect(model.doGenerate({ ...plainCall, ...call })).rejects.toMatchObject({
      name: 'ModelError',
      code: 'invalid',
      retry: 'never',
      maybeBilled: false,
      message: expect.stringMatching(message),
    })
    expect(server.received).toHaveLength(0)
  })

  test.each([
    ['no key', undefined, /is missing/],
    ['an empty key', ' ', /is missing/],
    ['a key that no header can hold', 'sk-ключ', /characters/],
    ['a key of two lines', 'sk-secret\nsk-other', /characters/],
  ])('%s', async (_, apiKey, message) => {
    const server = await serve((response) => sendJson(response, ANSWER))
    const failure = minimax('image-01', { apiKey, host: server.url }).doGenerate({ ...plainCall })
    await expect(failure).rejects.toMatchObject({
      code: 'credentials',
      retry: 'never',
      stopsRun: true,
      message: expect.stringMatching(message),
    })
    await expect(failure).rejects.not.toThrow(/sk-/)
    expect(server.received).toHaveLength(0)
  })
})
