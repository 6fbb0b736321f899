import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ModelError } from '../../../src/model/image-model.ts'
import { minimax, type MinimaxOptions } from '../../../src/model/minimax/minimax.ts'
import type { MinimaxResult } from '../../../src/model/minimax/generate-pictures.ts'
import { plainCall, sendJson, serve } from '../loopback.ts'

const KEY = 'sk-secret-key-0123456789'
const PICTURE = Buffer.from('a picture').toString('base64')
const GOOD = { status_code: 0, status_msg: 'success' }

async function ask(
  answer: (response: ServerResponse) => unknown,
  options: { n?: number } & MinimaxOptions = {},
): Promise<MinimaxResult> {
  const { n = 1, ...rest } = options
  const server = await serve((response) => answer(response))
  return minimax('image-01', { apiKey: KEY, host: server.url, ...rest }).doGenerate({
    ...plainCall,
    n,
  })
}

async function failure(
  answer: (response: ServerResponse) => unknown,
  options: { n?: number } & MinimaxOptions = {},
): Promise<ModelError> {
  const error: unknown = await ask(answer, options).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ModelError)
  return error as ModelError
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    sendJson(response, body, status, headers)

const text =
  (body: string, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body)
  }

describe('a good answer', () => {
  const metadata = { failed_count: '0', success_count: '1' }
  const full = { id: 'ab12', data: { image_base64: [PICTURE] }, metadata, base_resp: GOOD }

  test('gives pictures, id, counts and headers', async () => {
    const result = await ask(json(full, 200, { 'Trace-Id': 'trace-1' }))
    expect(result.images).toEqual([PICTURE])
    expect(result.warnings).toEqual([])
    expect(result.providerMetadata).toEqual({
      minimax: { images: [], id: 'ab12', successCount: 1, failedCount: 0 },
    })
    expect(result.response.headers['trace-id']).toBe('trace-1')
  })

  test.each([
    ['counts as numbers', { ...full, metadata: { failed_count: 0, success_count: 1 } }],
    ['the code as text', { ...full, base_resp: { status_code: '0' } }],
    ['no base_resp', { ...full, base_resp: undefined }],
    ['no metadata and no id', { data: full.data, base_resp: GOOD }],
    ['odd fields around the picture', { ...full, id: 7, metadata: 'none', base_resp: [] }],
    ['image_urls null', { ...full, data: { image_base64: [PICTURE], image_urls: null } }],
    ['a data: prefix', { ...full, data: { image_base64: [`data:image/jpeg;base64,${PICTURE}`] } }],
    ['no padding', { ...full, data: { image_base64: [PICTURE.replace(/=+$/, '')] } }],
  ])('may have %s', async (_, body) => {
    const { images } = await ask(json(body))
    expect(Buffer.from(images[0]!, 'base64').toString()).toBe('a picture')
  })

  test('with fewer pictures than asked gives them and says how many were refused', async () => {
    const body = {
      ...full,
      data: { image_base64: [PICTURE, PICTURE] },
      metadata: { failed_count: '2', success_count: '2' },
    }
    const { images, warnings, providerMetadata } = await ask(json(body), { n: 4 })
    expect(images).toHaveLength(2)
    expect(warnings).toEqual([
      { type: 'other', message: expect.stringContaining('refused 2 of 4 pictures') },
    ])
    expect(providerMetadata.minimax.failedCount).toBe(2)
  })

  test('keeps good pictures where one is broken, and drops what is no text', async () => {
    const body = { ...full, data: { image_base64: [PICTURE, 'AAA*AAA*', null, 7] } }
    expect((await ask(json(body), { n: 2 })).images).toEqual([PICTURE, 'AAA*AAA*'])
  })

  test('is not touched by a key so short that it is found inside a picture', async () => {
    const { images } = await ask(json(full), { apiKey: PICTURE.slice(2, 5) })
    expect(images).toEqual([PICTURE])
  })
})

describe('a code inside HTTP 200', () => {
  const never = { retry: 'never', stopsRun: false, maybeBilled: false }
  const stop = { retry: 'never', stopsRun: true, maybeBilled: false }
  const again = { retry: 'backoff', stopsRun: false, maybeBilled: true }
  const slow = { retry: 'rate-limit', stopsRun: false, maybeBilled: false }

  test.each([
    [1000, again],
    [1001, again],
    [1024, again],
    [1033, again],
    [1002, slow],
    [1041, slow],
    [2045, slow],
    [1039, { ...never, retry: 'backoff' }],
    [1004, stop],
    [2049, stop],
    [1008, stop],
    [2056, stop],
    [2061, stop],
    [1026, never],
    [1027, { ...never, maybeBilled: true }],
    [1042, never],
    [2013, never],
    [4711, { ...never, maybeBilled: true }],
  ])('%i', async (code, expected) => {
    const error = await failure(
      json({ data: null, base_resp: { status_code: code, status_msg: 'said so' } }),
    )
    expect(error).toMatchObject({ code: String(code), ...expected, responseBody: undefined })
    expect(error.message).toMatch(new RegExp(`^MiniMax ${code}: .+ \\("said so"\\)\\. \\w.+\\.$`))
  })

  test.each([1004, 2049])(
    '%i names the host, and that keys are bound to a region',
    async (code) => {
      const server = await serve(json({ base_resp: { status_code: String(code) } }))
      const call = minimax('image-01', { apiKey: KEY, host: server.url }).doGenerate({
        ...plainCall,
      })
      await expect(call).rejects.toThrow(server.url)
      await expect(call).rejects.toThrow(/region/)
    },
  )

  test('shows what MiniMax said without what wrecks a terminal, and the Trace-Id', async () => {
    const said = `\u001b[31mred\u202E${'x'.repeat(5000)}`
    const { message } = await failure(
      json({ base_resp: { status_code: 2013, status_msg: said } }, 200, { 'trace-id': 't-9' }),
    )
    expect(message).toContain('[31mred x')
    expect(message).toContain('(Trace-Id t-9)')
    expect(message).not.toMatch(/[\u001b\u202e]/)
    expect(message.length).toBeLessThan(600)
  })

  test('counts under an HTTP error too', async () => {
    const body = { base_resp: { status_code: 1002, status_msg: 'rate limit exceeded(RPM)' } }
    expect(await failure(json(body, 400, { 'retry-after': '7' }))).toMatchObject({
      code: '1002',
      retry: 'rate-limit',
      retryAfter: 7000,
    })
  })

  test('keeps an answer that holds pictures all the same', async () => {
    const body = { data: { image_base64: [PICTURE] }, base_resp: { status_code: 1027 } }
    expect((await failure(json(body))).responseBody).toContain(PICTURE)
  })
})

describe('an answer without a picture', () => {
  test.each([
    ['an empty list', { image_base64: [] }],
    ['no data', null],
    ['nothing but empty texts', { image_base64: ['', null] }],
  ])('%s and status 0: all were refused', async (_, data) => {
    const metadata = { failed_count: '1', success_count: '0' }
    expect(await failure(json({ data, metadata, base_resp: GOOD }))).toMatchObject({
      code: 'empty',
      retry: 'never',
      stopsRun: false,
      maybeBilled: true,
      message: expect.stringContaining('safety filter'),
    })
  })

  test.each([
    ['truncated JSON', `{"id":"ab","data":{"image_base64":["${PICTURE}`],
    ['a page', '<html><style>p{}</style><p>Please log in</html>'],
    ['nothing', ''],
    ['JSON that is no object', '[1]'],
    ['neither pictures nor an error', '{"ok":true}'],
    ['broken base64', JSON.stringify({ data: { image_base64: ['/9j/4A*Q'] }, base_resp: GOOD })],
    ['base64 cut in the middle', JSON.stringify({ data: { image_base64: ['/9j/4'] } })],
  ])('%s: may be paid, and is kept', async (_, body) => {
    expect(await failure(text(body))).toMatchObject({
      code: 'malformed',
      retry: 'backoff',
      maybeBilled: true,
      responseBody: body,
    })
  })

  test('shows what a page says, without its markup', async () => {
    const page = '<html><head><style>p { color: red }</style></head><p>Please\n log in</p></html>'
    expect((await failure(text(page))).message).toContain('It said: "Please log in".')
  })
})

describe('an HTTP error', () => {
  test.each([
    [400, { retry: 'never', stopsRun: false, maybeBilled: false }],
    [401, { retry: 'never', stopsRun: true, maybeBilled: false }],
    [403, { retry: 'never', stopsRun: false, maybeBilled: false }],
    [404, { retry: 'never', stopsRun: true, maybeBilled: false }],
    [408, { retry: 'backoff', stopsRun: false, maybeBilled: true }],
    [413, { retry: 'never', stopsRun: false, maybeBilled: false }],
    [429, { retry: 'rate-limit', stopsRun: false, maybeBilled: false }],
    [500, { retry: 'backoff', stopsRun: false, maybeBilled: true }],
    [502, { retry: 'backoff', stopsRun: false, maybeBilled: true }],
    [504, { retry: 'backoff', stopsRun: false, maybeBilled: true }],
  ])('%i with a page', async (status, expected) => {
    const error = await failure(text('<html><h1>Oh no</h1></html>', status))
    expect(error).toMatchObject({ code: `http-${status}`, ...expected, retryAfter: undefined })
    expect(error.message).toContain('It said: "Oh no".')
  })

  test.each([
    ['7', 7000],
    ['0.5', 500],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-3', undefined],
  ])('says with Retry-After %s when to come back', async (value, expected) => {
    const { retryAfter } = await failure(text('busy', 429, { 'retry-after': value }))
    expect(retryAfter).toBe(expected)
  })

  test('is not followed where it is a redirect, and the key stays', async () => {
    const other = await serve(json({}))
    const error = await failure(text('', 307, { location: `${other.url}/v1/image_generation` }))
    expect(error).toMatchObject({ code: 'http-307', retry: 'never', stopsRun: true })
    expect(error.message).toContain(other.url)
    expect(other.received).toHaveLength(0)
  })
})

describe('the key', () => {
  const echo = `Bearer ${KEY}`

  test.each([
    ['a message', json({ base_resp: { status_code: 1004, status_msg: echo } })],
    ['a page', text(`<p>${echo}</p>`, 500)],
    ['a header', text('', 500, { 'trace-id': echo })],
    ['a redirect', text('', 302, { location: `http://127.0.0.1:9/${KEY}` })],
    ['what is kept for quarantine', text(`{"data": "${echo}`)],
    [
      'a body that breaks off',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '1000' })
        response.write(`{"data": "${echo}`, () => response.destroy())
      },
    ],
  ])('is hidden where %s repeats it', async (_, answer) => {
    const error = await failure(answer)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(KEY)
    expect(inspect({ ...error }, { depth: 9 })).not.toContain(KEY)
    expect(error.responseBody ?? '').not.toContain(KEY)
  })

  test('is hidden in a good answer that repeats it', async () => {
    const body = { id: KEY, data: { image_base64: [PICTURE] }, base_resp: GOOD }
    const result = await ask(json(body, 200, { 'x-echo': echo }))
    expect(inspect(result, { depth: 9 })).not.toContain(KEY)
    expect(result.response.headers['x-echo']).toBe('Bearer ***')
  })

  test('is not to be seen on the model', () => {
    const model = minimax('image-01', { apiKey: KEY })
    expect(inspect(model, { depth: 9, showHidden: true })).not.toContain(KEY)
    expect(JSON.stringify(model)).not.toContain(KEY)
  })
})
