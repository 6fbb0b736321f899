import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { downloadPictures, type DownloadOptions } from '../../src/model/http/download.ts'
import type { Resolve } from '../../src/model/http/get.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { plainCall, sendJson, serve, type Loopback } from './loopback.ts'

/** A resolver for which every name has these addresses. */
function resolvesTo(...addresses: readonly string[]): Resolve {
  return (_, done) => {
    done(
      null,
      addresses.map((address): LookupAddress => ({
        address,
        family: address.includes(':') ? 6 : 4,
      })),
    )
  }
}

function options(changes: Partial<DownloadOptions> = {}): DownloadOptions {
  return {
    from: new URL('https://api.minimax.io'),
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    ...changes,
  }
}

function portOf({ url }: Loopback): string {
  return new URL(url).port
}

const named = (urls: readonly string[], pictures: readonly string[] = []): unknown => ({
  id: 'a'.repeat(32),
  data: { image_urls: urls, image_base64: pictures },
  base_resp: { status_code: 0 },
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('a download for a host on the internet', () => {
  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['64:ff9b::7f00:1'],
    ['fd00:ec2::254'],
    ['0.0.0.0'],
    ['93.184.215.14', '127.0.0.1'],
  ])('does not connect where a name resolves to %s', async (...addresses) => {
    const files = await serve((response) => response.end('a secret'))
    const { images, failures } = await downloadPictures(
      [`http://pictures.example.com:${portOf(files)}/a.png`],
      options({ resolve: resolvesTo(...addresses) }),
    )
    expect(images).toEqual([])
    expect(failures[0]?.reason).toContain('is not on the internet')
    expect(files.received).toHaveLength(0)
  })

  test.each([
    'http://127.0.0.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://2130706433:PORT/',
    'http://0:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://pictures.localhost:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::1]:PORT/',
    'http://metadata.google.internal/',
    'http://metadata.google.internal./',
    'http://METADATA.INTERNAL/',
    'http://169.254.169.254/latest/meta-data',
    'http://192.0.0.192/',
    'http://[fd00:ec2::254]/',
    'http://[2002:7f00:1::]:PORT/',
    'file:///etc/hostname',
  ])('does not connect to %s', async (address) => {
    const files = await serve((response) => response.end('a secret'))
    const { images, failures } = await downloadPictures(
      [address.replace('PORT', portOf(files))],
      options(),
    )
    expect(images).toEqual([])
    expect(failures).toHaveLength(1)
    expect(failures[0]?.reason).toMatch(/is not on the internet|is not http/)
    expect(files.received).toHaveLength(0)
  })
})

describe('a download for a host on this machine', () => {
  test('goes where the name leads, and sends no user or password', async () => {
    const files = await serve((response) => response.end('a picture'))
    const { images, failures } = await downloadPictures(
      [`http://user:secret@pictures.example.com:${portOf(files)}/a.png`],
      options({ from: new URL('http://127.0.0.1:9'), resolve: resolvesTo('127.0.0.1') }),
    )
    expect(failures).toEqual([])
    expect(images).toEqual([base64('a picture')])
    expect(files.received[0]?.headers).not.toHaveProperty('authorization')
  })

  test('that drips ends in its own time; what came is told, and the others are there', async () => {
    const files = await serve((response, { path }) => {
      if (path === '/drip') response.writeHead(200).write('the first half')
      else response.end('a picture')
    })
    const { images, failures } = await downloadPictures(
      [`${files.url}/drip`, `${files.url}/a.png`],
      options({ from: new URL(files.url), timeout: 400 }),
    )
    expect(images).toEqual([base64('a picture')])
    expect(failures).toMatchObject([
      { address: `${files.url}/drip`, reason: expect.stringContaining('in time') as string },
    ])
    expect(Buffer.from(failures[0]?.received ?? []).toString()).toBe('the first half')
  })

  test('is one of three at a time', async () => {
    let open = 0
    let most = 0
    const files = await serve((response) => {
      open += 1
      most = Math.max(most, open)
      setImmediate(() => {
        open -= 1
        response.end('a picture')
      })
    })
    const addresses = Array.from({ length: 30 }, (_, index) => `${files.url}/${index}`)
    const { images } = await downloadPictures(addresses, options({ from: new URL(files.url) }))
    expect(images).toHaveLength(30)
    expect(most).toBeLessThanOrEqual(3)
  })
})

describe('an answer of MiniMax', () => {
  const modelAt = (host: string, timeout?: number): ReturnType<typeof minimax> =>
    minimax('image-01', { apiKey: 'sk-secret-key', host, timeout })

  test('that names 3,000 addresses has a few of them fetched and all of them kept', async () => {
    const files = await serve((response) => response.end('a picture'))
    const addresses = Array.from({ length: 3000 }, (_, index) => `${files.url}/${index}`)
    const server = await serve((response) => sendJson(response, named(addresses)))
    const result = await modelAt(server.url).doGenerate({ ...plainCall })
    expect(result.images.length).toBeLessThanOrEqual(4)
    expect(files.received).toHaveLength(result.images.length)
    expect(result.leftOver?.reason).toBe('2996 pictures more came than were asked for')
    for (const address of addresses.slice(4)) expect(result.leftOver?.body).toContain(address)
  })

  test('keeps the address of a picture that fails beside a good one, and what came of it', async () => {
    const files = await serve((response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('the first half', () => response.destroy())
    })
    const server = await serve((response) =>
      sendJson(response, named([`${files.url}/a.jpg`], [base64('good')])),
    )
    const result = await modelAt(server.url).doGenerate({ ...plainCall, n: 2 })
    expect(result.images).toEqual([base64('good')])
    expect(result.leftOver?.reason).toBe('1 picture could not be fetched')
    expect(JSON.parse(result.leftOver?.body ?? '')).toMatchObject({
      failed: [{ address: `${files.url}/a.jpg`, received: base64('the first half') }],
    })
    expect(server.received).toHaveLength(1)
  })

  test('has its pictures fetched after the time of the request is over', async () => {
    const server = await serve((response, { path }) => {
      if (path !== '/a.jpg') return sendJson(response, named([`${server.url}/a.jpg`]))
      return once(AbortSignal.timeout(1800), 'abort').then(() => response.end('a picture'))
    })
    const { images } = await modelAt(server.url, 1500).doGenerate({ ...plainCall })
    expect(images).toEqual([base64('a picture')])
  })

  test.each<[string, string[], 'resolves' | 'rejects', object]>([
    ['a good picture', [base64('good')], 'resolves', { images: [base64('good')] }],
    ['the address', [], 'rejects', { code: 'aborted', retry: 'never', maybeBilled: true }],
  ])('keeps %s where its caller gives up during a download', async (_, pictures, ends, what) => {
    const controller = new AbortController()
    const files = await serve((response) => {
      response.writeHead(200).write('the first half', () => controller.abort(new Error('Ctrl-C')))
    })
    const address = `${files.url}/a.jpg`
    const server = await serve((response) => sendJson(response, named([address], pictures)))
    const call = modelAt(server.url).doGenerate({
      ...plainCall,
      n: 2,
      abortSignal: controller.signal,
    })
    const kept = expect.stringContaining(address) as string
    const where = ends === 'resolves' ? { leftOver: { body: kept } } : { responseBody: kept }
    await expect(call)[ends].toMatchObject({ ...what, ...where })
  })
})
