import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Emulator, Fault } from '../../src/emulator/index.ts'
import { loadSharp, openImage } from '../../src/pixels/sharp.ts'
import { BODY, ask, hash, pictureOf, request, start } from './client.ts'

let emulator: Emulator

beforeAll(async () => {
  emulator = await start()
})

beforeEach(() => {
  emulator.setFaults([])
  emulator.reset()
})

afterAll(async () => {
  await emulator.close()
})

/** The status codes of several requests in a row. */
async function codes(prompts: readonly string[], model = 'image-01'): Promise<number[]> {
  const result: number[] = []
  for (const prompt of prompts) {
    const body = { ...BODY, prompt, model, width: undefined, height: undefined, n: 1 }
    result.push((await ask(emulator, body)).json.base_resp.status_code)
  }
  return result
}

describe('a fault affects', () => {
  it.each<[what: string, faults: Fault[], prompts: string[], expected: number[]]>([
    ['every request', [{ kind: 'status', code: 1000 }], ['a', 'b'], [1000, 1000]],
    ['the nth', [{ kind: 'status', code: 1000, nth: 2 }], ['a', 'b', 'c'], [0, 1000, 0]],
    ['a number of times', [{ kind: 'status', code: 1, times: 2 }], ['a', 'b', 'c'], [1, 1, 0]],
    ['from one on', [{ kind: 'status', code: 1, from: 2 }], ['a', 'b', 'c'], [0, 1, 1]],
    ['a window', [{ kind: 'status', code: 1, from: 2, times: 1 }], ['a', 'b', 'c'], [0, 1, 0]],
    ['a text', [{ kind: 'status', code: 1, match: 'b' }], ['a', 'ab', 'B'], [0, 1, 0]],
    ['a pattern', [{ kind: 'status', code: 1, match: /^b$/gi }], ['b', 'B', 'ab'], [1, 1, 0]],
    [
      'the second of those that match',
      [{ kind: 'status', code: 1, match: 'b', nth: 2 }],
      ['a', 'b', 'a', 'b', 'b'],
      [0, 0, 0, 1, 0],
    ],
    [
      'first come, and each counts for itself',
      [
        { kind: 'status', code: 1, nth: 1 },
        { kind: 'status', code: 2, from: 2, times: 1 },
        { kind: 'status', code: 3, times: 1 },
      ],
      ['a', 'b', 'c', 'd'],
      [1, 2, 3, 0],
    ],
  ])('%s', async (_, faults, prompts, expected) => {
    emulator.setFaults(faults)
    expect(await codes(prompts)).toEqual(expected)
  })

  it('a model', async () => {
    emulator.setFaults([{ kind: 'status', code: 2061, model: 'image-01-live' }])
    expect(await codes(['a'])).toEqual([0])
    expect(await codes(['a'], 'image-01-live')).toEqual([2061])
  })

  it('requests at random, the same ones every time', async () => {
    const run = async (seed: number): Promise<string> => {
      emulator.setFaults([{ kind: 'empty', probability: 0.5, seed }])
      const hits: number[] = []
      for (let index = 0; index < 12; index++) {
        hits.push((await ask(emulator)).json.data!.image_base64!.length)
      }
      return hits.join('')
    }
    const first = await run(1)
    expect(first).toMatch(/0/)
    expect(first).toMatch(/1/)
    expect(await run(1)).toBe(first)
    expect(await run(2)).not.toBe(first)
  })

  it('only requests that would have had pictures', async () => {
    emulator.setFaults([{ kind: 'status', code: 1, times: 1 }])
    expect((await ask(emulator, { ...BODY, n: 99 })).json.base_resp.status_code).toBe(2013)
    expect((await ask(emulator)).json.base_resp.status_code).toBe(1)
  })
})

describe('a fault replaces the pictures by', () => {
  it.each([
    [1000, 'unknown error'],
    [1002, 'rate limit exceeded(RPM)'],
    [1008, 'insufficient balance'],
    [1026, 'prompt is sensitive'],
    [1027, 'output is sensitive'],
    [2056, 'usage limit exceeded'],
    [9999, 'error'],
  ])('the code %i inside HTTP 200', async (code, text) => {
    emulator.setFaults([{ kind: 'status', code }])
    const answer = await ask(emulator, { ...BODY, n: 3 })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      data: null,
      base_resp: { status_code: code, status_msg: text },
    })
    expect(emulator.stats()).toMatchObject({ requests: 1, images: 0, byStatus: { [code]: 1 } })
  })

  it('an HTTP status with HTML and Retry-After', async () => {
    emulator.setFaults([{ kind: 'http', status: 503, retryAfter: 7 }])
    const response = await request(emulator)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toContain('<h1>503 Service Unavailable</h1>')
    expect(emulator.stats().byStatus).toEqual({ '503': 1 })
  })

  it('another text, with HTTP 200', async () => {
    emulator.setFaults([{ kind: 'http', status: 200, body: '<p>Please log in</p>' }])
    expect(await (await request(emulator)).text()).toBe('<p>Please log in</p>')
  })

  it('a redirect', async () => {
    emulator.setFaults([{ kind: 'redirect', location: 'http://127.0.0.1:1/x', status: 302 }])
    const response = await request(emulator, BODY, { redirect: 'manual' })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('http://127.0.0.1:1/x')
    await response.arrayBuffer()
  })

  it('an empty answer, which still counts as success', async () => {
    emulator.setFaults([{ kind: 'empty' }])
    const answer = await ask(emulator, { ...BODY, n: 2, response_format: 'url' })
    expect(answer.json).toMatchObject({
      data: { image_urls: [] },
      metadata: { failed_count: '2', success_count: '0' },
      base_resp: { status_code: 0 },
    })
    expect(emulator.served()).toEqual([])
  })

  it('unsafe URLs', async () => {
    emulator.setFaults([{ kind: 'unsafe-url' }])
    const answer = await ask(emulator, { ...BODY, n: 2, response_format: 'url' })
    expect(answer.json.data!.image_urls).toEqual(['file:///etc/passwd', 'file:///etc/passwd'])
  })

  it('a reset connection', async () => {
    emulator.setFaults([{ kind: 'reset' }])
    await expect(request(emulator)).rejects.toThrow('fetch failed')
    expect(emulator.stats()).toMatchObject({ images: 0, byStatus: { reset: 1 }, inFlight: 0 })
  })

  it('silence, until the client gives up', async () => {
    emulator.setFaults([{ kind: 'hang' }])
    const client = httpRequest(`${emulator.url}/v1/image_generation`, {
      method: 'POST',
      headers: { Authorization: 'Bearer k', 'Content-Type': 'application/json' },
    })
    client.on('error', () => undefined)
    client.end(JSON.stringify(BODY))
    await expect.poll(() => emulator.stats().byStatus).toEqual({ hang: 1 })
    expect(emulator.stats().inFlight).toBe(1)
    client.destroy()
    await expect.poll(() => emulator.stats().inFlight).toBe(0)
    expect(emulator.served()).toEqual([])
  })
})

describe('during the answer', () => {
  it('the connection is reset in the middle', async () => {
    emulator.setFaults([{ kind: 'reset', when: 'middle' }])
    const response = await request(emulator)
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(10_000)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect(emulator.stats()).toMatchObject({ images: 0, byStatus: { '0': 1 }, inFlight: 0 })
    expect(emulator.served()).toEqual([])
  })

  it('the answer stops in the middle', async () => {
    emulator.setFaults([{ kind: 'hang', when: 'middle' }])
    const leave = new AbortController()
    const response = await request(emulator, BODY, { signal: leave.signal })
    const total = Number(response.headers.get('content-length'))
    const reader = response.body!.getReader()
    let received = 0
    while (received < Math.floor(total / 2)) received += (await reader.read()).value!.length
    expect(received).toBe(Math.floor(total / 2))
    leave.abort()
    await expect.poll(() => emulator.stats().inFlight).toBe(0)
    expect(emulator.stats().images).toBe(0)
  })

  it('the answer drips, and is complete in the end', async () => {
    const plain = await ask(emulator)
    emulator.setFaults([{ kind: 'drip', bytes: 8192, interval: 1 }])
    const response = await request(emulator)
    const pieces: number[] = []
    for await (const piece of response.body!) pieces.push((piece as Uint8Array).length)
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(
      Number(plain.headers.get('content-length')),
    )
    expect(emulator.stats().images).toBe(2)
  })

  it('the answer comes late', async () => {
    emulator.setFaults([{ kind: 'delay', milliseconds: 1 }])
    expect(pictureOf(await ask(emulator)).length).toBeGreaterThan(10_000)
    emulator.setFaults([{ kind: 'delay', milliseconds: 2 ** 31 - 1 }])
    const leave = new AbortController()
    const waiting = request(emulator, BODY, { signal: leave.signal })
    waiting.catch(() => undefined)
    await expect.poll(() => emulator.stats().inFlight).toBe(1)
    leave.abort()
    await expect.poll(() => emulator.stats().byStatus).toEqual({ '0': 1, aborted: 1 })
    expect(emulator.stats().inFlight).toBe(0)
  })

  it('the answer never ends', async () => {
    emulator.setFaults([{ kind: 'endless' }])
    const leave = new AbortController()
    const response = await request(emulator, BODY, { signal: leave.signal })
    const reader = response.body!.getReader()
    let received = 0
    while (received < 20_000_000) received += (await reader.read()).value!.length
    leave.abort()
    await expect.poll(() => emulator.stats().inFlight).toBe(0)
    expect(emulator.stats()).toMatchObject({ images: 0, byStatus: { endless: 1 } })
  })
})

describe('damaged answers', () => {
  it('JSON ends in the middle of a complete answer', async () => {
    emulator.setFaults([{ kind: 'truncated-json' }])
    const response = await request(emulator)
    const text = await response.text()
    expect(Number(response.headers.get('content-length'))).toBe(text.length)
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(emulator.served()).toMatchObject([{ fault: 'truncated-json', usable: false }])
  })

  it('base64 is invalid, and gives other bytes to a lenient decoder', async () => {
    const plain = pictureOf(await ask(emulator))
    emulator.setFaults([{ kind: 'broken-base64' }])
    const answer = await ask(emulator)
    expect(answer.json.data!.image_base64![0]).toMatch(/[^A-Za-z0-9+/=]/)
    expect(hash(pictureOf(answer))).not.toBe(hash(plain))
    expect(emulator.served()[1]).toMatchObject({ sha256: hash(plain), usable: false })
  })

  it.each<Fault['kind']>(['not-an-image', 'truncated-image'])('pictures are %s', async (kind) => {
    emulator.setFaults([{ kind } as Fault])
    const bytes = pictureOf(await ask(emulator))
    await expect((await openImage(bytes)).raw().toBuffer()).rejects.toThrow()
    expect(emulator.served()).toMatchObject([{ sha256: hash(bytes), fault: kind, usable: false }])
  })

  it.each<[fault: Fault, width: number, height: number]>([
    [{ kind: 'wrong-size' }, 256, 256],
    [{ kind: 'wrong-size', width: 1, height: 1 }, 1, 1],
    [{ kind: 'wrong-size', height: 4096 }, 256, 4096],
    [{ kind: 'wrong-aspect-ratio' }, 1280, 720],
  ])('pictures with %j are %i x %i', async (fault, width, height) => {
    emulator.setFaults([fault])
    const sharp = await loadSharp()
    const bytes = pictureOf(await ask(emulator))
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width, height })
    await sharp(bytes).raw().toBuffer()
    expect(emulator.served()[0]!.usable).toBe(false)
  })

  it('landscape pictures become portrait', async () => {
    emulator.setFaults([{ kind: 'wrong-aspect-ratio' }])
    const bytes = pictureOf(await ask(emulator, { ...BODY, aspect_ratio: '16:9' }))
    const { width, height } = await (await openImage(bytes)).metadata()
    expect(height).toBeGreaterThan(width)
  })

  it('a small file decodes to 400 million pixels', async () => {
    emulator.setFaults([{ kind: 'bomb' }])
    const bytes = pictureOf(await ask(emulator))
    expect(bytes.length).toBeLessThan(100_000)
    const sharp = await loadSharp()
    const wide = sharp(bytes, { limitInputPixels: false })
    expect(await wide.metadata()).toMatchObject({ format: 'png', width: 20_000, height: 20_000 })
    await expect((await openImage(bytes)).raw().toBuffer()).rejects.toThrow(/pixel limit/)
  })

  it.each(['png', 'webp'] as const)('pictures are good, but %s', async (format) => {
    emulator.setFaults([{ kind: 'mislabelled', format }])
    const inline = pictureOf(await ask(emulator))
    const answer = await ask(emulator, { ...BODY, response_format: 'url' })
    const hosted = await fetch(answer.json.data!.image_urls![0]!)
    expect(hosted.headers.get('content-type')).toBe('image/jpeg')
    for (const bytes of [inline, Buffer.from(await hosted.arrayBuffer())]) {
      const metadata = await (await openImage(bytes)).metadata()
      expect(metadata).toMatchObject({ format, width: 512, height: 512 })
    }
    expect(emulator.served().map(({ usable }) => usable)).toEqual([true, true])
  })

  it('there are fewer pictures than requested', async () => {
    const whole = await ask(emulator, { ...BODY, n: 3 })
    emulator.setFaults([{ kind: 'partial', refused: 2 }])
    const answer = await ask(emulator, { ...BODY, n: 3 })
    expect(answer.json.metadata).toEqual({ failed_count: '2', success_count: '1' })
    expect(answer.json.data!.image_base64).toEqual(whole.json.data!.image_base64!.slice(0, 1))
    expect(emulator.stats().images).toBe(4)
    const none = await ask(emulator, BODY)
    expect(none.json.metadata).toEqual({ failed_count: '1', success_count: '0' })
  })

  it('counts are numbers', async () => {
    emulator.setFaults([{ kind: 'integer-counts' }])
    const answer = await ask(emulator)
    expect(answer.json.metadata).toEqual({ failed_count: 0, success_count: 1 })
  })
})
