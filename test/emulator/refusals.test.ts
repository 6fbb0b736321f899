import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { BODY, ask, request, start } from './client.ts'

let emulator: Emulator

beforeAll(async () => {
  emulator = await start()
})

afterAll(async () => {
  await emulator.close()
})

const LIVE = { ...BODY, model: 'image-01-live', width: undefined, height: undefined }

describe('a wrong body is 2013 inside HTTP 200', () => {
  it.each<[what: string, body: unknown, message: string]>([
    ['invalid JSON', '{"model":', 'the body is not valid JSON'],
    ['nothing', '', 'the body is not valid JSON'],
    ['an array', [BODY], 'the body must be a JSON object'],
    ['null', 'null', 'the body must be a JSON object'],
    ['no model', { prompt: 'a' }, 'model is required'],
    ['an unknown model', { ...BODY, model: 'image-02' }, 'unsupported model: image-02'],
    ['a model that is not text', { ...BODY, model: 1 }, 'unsupported model: number'],
    ['no prompt', { model: 'image-01' }, 'prompt is required'],
    ['an empty prompt', { ...BODY, prompt: '' }, 'prompt is required'],
    ['a blank prompt', { ...BODY, prompt: ' \n ' }, 'prompt is required'],
    ['a prompt that is not text', { ...BODY, prompt: ['a'] }, 'prompt must be a string'],
    ['1501 characters', { ...BODY, prompt: '猫'.repeat(1501) }, 'prompt is too long'],
    ['an unknown ratio', { ...BODY, aspect_ratio: '5:4' }, 'unsupported aspect_ratio: 5:4'],
    ['a ratio named like a method', { ...BODY, aspect_ratio: 'constructor' }, 'unsupported aspect'],
    ['21:9 on live', { ...LIVE, aspect_ratio: '21:9' }, 'aspect_ratio 21:9 is only supported'],
    ['width alone', { ...BODY, height: undefined }, 'width and height must be sent together'],
    ['height alone', { ...BODY, width: null }, 'width and height must be sent together'],
    ['a width of 504', { ...BODY, width: 504 }, 'width must be between 512 and 2048'],
    ['a height of 2056', { ...BODY, height: 2056 }, 'height must be between 512 and 2048'],
    ['a width of 516', { ...BODY, width: 516 }, 'width must be divisible by 8'],
    ['a width as text', { ...BODY, width: '512' }, 'width must be an integer'],
    ['a size on live', { ...LIVE, width: 512, height: 512 }, 'width and height is only supported'],
    ['another format', { ...BODY, response_format: 'b64_json' }, 'response_format must be'],
    ['n of 0', { ...BODY, n: 0 }, 'n must be between 1 and 9'],
    ['n of 10', { ...BODY, n: 10 }, 'n must be between 1 and 9'],
    ['n of 1.5', { ...BODY, n: 1.5 }, 'n must be an integer'],
    ['n as text', { ...BODY, n: '1' }, 'n must be an integer'],
    ['a fractional seed', { ...BODY, seed: 0.5 }, 'seed must be an integer'],
    ['a seed as text', { ...BODY, seed: '7' }, 'seed must be an integer'],
    [
      'a seed beyond int64',
      { ...BODY, seed: 2 ** 64 },
      'seed must be between -9223372036854775808',
    ],
    ['an optimizer as text', { ...BODY, prompt_optimizer: 'true' }, 'prompt_optimizer must be'],
    ['a watermark as number', { ...BODY, aigc_watermark: 1 }, 'aigc_watermark must be'],
    ['a style as text', { ...LIVE, style: '水彩' }, 'style must be an object'],
    ['a style on image-01', { ...BODY, style: { style_type: '水彩' } }, 'style is only supported'],
    ['an unknown style', { ...LIVE, style: { style_type: 'comic' } }, 'style_type must be one of'],
    ['a weight of 0', { ...LIVE, style: { style_type: '水彩', style_weight: 0 } }, 'style_weight'],
    [
      'a weight of 1.1',
      { ...LIVE, style: { style_type: '水彩', style_weight: 1.1 } },
      'style_weigh',
    ],
    [
      'a reference that is not a list',
      { ...BODY, subject_reference: {} },
      'subject_reference must be',
    ],
    [
      'a reference that is text',
      { ...BODY, subject_reference: ['x'] },
      'subject_reference must hold',
    ],
    [
      'another type of reference',
      { ...BODY, subject_reference: [{ type: 'style', image_file: 'https://a.invalid' }] },
      'subject_reference must be character',
    ],
    [
      'a reference without a file',
      { ...BODY, subject_reference: [{ type: 'character' }] },
      'subject_reference needs an image_file',
    ],
    [
      'more references than a picture has',
      {
        ...BODY,
        subject_reference: Array.from({ length: 20_000 }, (_, index) => ({
          type: 'character',
          image_file: `https://a.invalid/${index}.png`,
        })),
      },
      'subject_reference holds 20000 references, at most 16',
    ],
  ])('%s', async (_, body, message) => {
    const answer = await ask(emulator, body)
    expect(answer.status).toBe(200)
    expect(answer.json.data).toBeNull()
    expect(answer.json.base_resp.status_code).toBe(2013)
    expect(answer.json.base_resp.status_msg).toContain(`invalid params, ${message}`)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
    'sent as %s',
    async (type) => {
      const headers = { Authorization: 'Bearer k', 'Content-Type': type }
      const answer = await ask(emulator, BODY, { headers })
      expect(answer.json.base_resp).toEqual({
        status_code: 2013,
        status_msg: 'invalid params, Content-Type must be application/json',
      })
    },
  )
})

it.each<[what: string, body: unknown]>([
  ['1500 characters outside the basic plane', { ...BODY, prompt: '🎨'.repeat(1500) }],
  ['fields that the API does not know', { ...BODY, quality: 'high', size: '1x1' }],
  ['null for what can be left out', { ...BODY, seed: null, n: null, style: null }],
  ['no references in a list', { ...BODY, subject_reference: [] }],
  ['the ends of int64', { ...BODY, seed: -(2 ** 63) }],
  ['a style on live', { ...LIVE, style: { style_type: '漫画', style_weight: 1 } }],
  ['half of a surrogate pair', { ...BODY, prompt: 'a \ud83c b' }],
  ['markup', { ...BODY, prompt: '</svg><script>&amp;"\'' }],
])('accepts %s', async (_, body) => {
  expect((await ask(emulator, body)).json.base_resp.status_code).toBe(0)
})

it('refuses more than a tenth of invisible characters with 1042', async () => {
  const prompt = (visible: number): string => `${'a'.repeat(visible)}${'\u200b'.repeat(10)}`
  expect((await ask(emulator, { ...BODY, prompt: prompt(89) })).json.base_resp.status_code).toBe(
    1042,
  )
  expect((await ask(emulator, { ...BODY, prompt: prompt(90) })).json.base_resp.status_code).toBe(0)
})

describe('the key', () => {
  const withKey = (authorization?: string): RequestInit => ({
    headers: {
      'Content-Type': 'application/json',
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
  })

  it('gives 1004 where it is missing', async () => {
    const answer = await ask(emulator, BODY, withKey())
    expect(answer.status).toBe(200)
    expect(answer.json.base_resp).toEqual({
      status_code: 1004,
      status_msg:
        "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
    })
  })

  it.each(['secret', 'Basic c2VjcmV0', 'Bearer', 'Bearer a b'])(
    'gives 2049 as %j',
    async (header) => {
      const answer = await ask(emulator, BODY, withKey(header))
      expect(answer.json.base_resp).toEqual({ status_code: 2049, status_msg: 'invalid api key' })
    },
  )

  it('gives 2049 where it is not the configured one', async () => {
    await using strict = await start({ apiKey: 'good' })
    expect((await ask(strict, BODY, withKey('Bearer bad'))).json.base_resp.status_code).toBe(2049)
    expect((await ask(strict, BODY, withKey('Bearer good'))).json.base_resp.status_code).toBe(0)
  })
})

it('counts images against the balance and takes none for refused requests', async () => {
  await using poor = await start({ balance: 3 })
  expect((await ask(poor, { ...BODY, n: 2 })).json.base_resp.status_code).toBe(0)
  const refused = await ask(poor, { ...BODY, n: 2 })
  expect(refused.json.base_resp).toEqual({ status_code: 1008, status_msg: 'insufficient balance' })
  expect((await ask(poor)).json.base_resp.status_code).toBe(0)
  expect((await ask(poor)).json.base_resp.status_code).toBe(1008)
  expect(poor.stats()).toMatchObject({ images: 3, byStatus: { '0': 2, '1008': 2 } })
})

describe('the rate', () => {
  it('is 10 in any 60 seconds', async () => {
    let time = 1_800_000_000_000
    await using limited = await start({ rpm: 10, now: () => time })
    const codes = async (count: number): Promise<number[]> => {
      const answers: number[] = []
      for (let index = 0; index < count; index++) {
        answers.push((await ask(limited, { ...BODY, n: 99 })).json.base_resp.status_code)
      }
      return answers
    }
    expect(await codes(4)).toEqual([2013, 2013, 2013, 2013])
    time += 30_000
    expect(await codes(7)).toEqual([2013, 2013, 2013, 2013, 2013, 2013, 1002])
    time += 29_999
    expect(await codes(1)).toEqual([1002])
    time += 1
    expect(await codes(5)).toEqual([2013, 2013, 2013, 2013, 1002])
    limited.reset()
    expect(await codes(1)).toEqual([2013])
  })

  it('is not used up by a request without a good key', async () => {
    await using limited = await start({ rpm: 1, apiKey: 'good' })
    expect((await ask(limited)).json.base_resp.status_code).toBe(2049)
    const headers = { Authorization: 'Bearer good', 'Content-Type': 'application/json' }
    expect((await ask(limited, BODY, { headers })).json.base_resp.status_code).toBe(0)
    const answer = await ask(limited, BODY, { headers })
    expect(answer.json.base_resp).toEqual({
      status_code: 1002,
      status_msg: 'rate limit exceeded(RPM)',
    })
  })

  it('is 10 a minute by default', async () => {
    await using plain = await start({ rpm: 10 })
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(plain, { ...BODY, n: 99 })),
    )
    const limited = answers.filter(({ json }) => json.base_resp.status_code === 1002)
    expect(limited).toHaveLength(2)
  })
})

it('answers a huge body with HTTP 413', async () => {
  const response = await request(emulator, 'x'.repeat(128 * 1024 * 1024 + 1))
  expect(response.status).toBe(413)
  expect(response.headers.get('content-type')).toBe('text/html')
})
