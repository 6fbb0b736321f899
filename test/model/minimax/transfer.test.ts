import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { downloadPictures } from '../../../src/model/http/download.ts'
import { minimax } from '../../../src/model/minimax/minimax.ts'
import { plainCall, sendJson, serve } from '../loopback.ts'

const GOOD = { data: { image_base64: ['/9j/4AAQ'] }, base_resp: { status_code: 0 } }

function modelAt(host: string, timeout?: number): ReturnType<typeof minimax> {
  return minimax('image-01', { apiKey: 'sk-secret-key', host, timeout })
}

async function askAt(host: string, timeout?: number): Promise<unknown> {
  return modelAt(host, timeout).doGenerate({ ...plainCall })
}

async function closedUrl(scheme = 'http'): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `${scheme}://127.0.0.1:${port}`
}

describe('the connection', () => {
  test('that cannot be made cost nothing', async () => {
    const url = await closedUrl()
    await expect(askAt(url)).rejects.toMatchObject({
      code: 'network',
      retry: 'backoff',
      stopsRun: false,
      maybeBilled: false,
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('that is not secure ends the run', async () => {
    const server = await serve((response) => sendJson(response, GOOD))
    await expect(askAt(server.url.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'network',
      retry: 'never',
      stopsRun: true,
      maybeBilled: false,
    })
    expect(server.received).toHaveLength(0)
  })

  test.each<[string, (response: ServerResponse) => unknown]>([
    ['before the answer', (response) => response.destroy()],
    [
      'after the head',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).flushHeaders()
        response.write('{', () => response.destroy())
      },
    ],
    [
      'inside a chunk',
      (response) => {
        response.writeHead(200).write('{"data"', () => response.socket?.resetAndDestroy())
      },
    ],
  ])('that breaks off %s may have cost something', async (_, answer) => {
    const server = await serve(answer)
    await expect(askAt(server.url)).rejects.toMatchObject({
      // Some versions of Node take what arrived before a reset for the whole answer.
      code: expect.stringMatching(/^(?:network|malformed)$/),
      retry: 'backoff',
      maybeBilled: true,
    })
    expect(server.received).toHaveLength(1)
  })

  test('that breaks off keeps what had arrived', async () => {
    const server = await serve((response) => {
      response.writeHead(200).write('{"data":{"image_base64":["/9j', () => response.destroy())
    })
    await expect(askAt(server.url)).rejects.toMatchObject({
      responseBody: '{"data":{"image_base64":["/9j',
    })
  })

  test('is not used again', async () => {
    const server = await serve((response) => sendJson(response, GOOD))
    await askAt(server.url)
    expect(server.received[0]!.headers.connection).toBe('close')
  })
})

describe('an answer that never ends', () => {
  test('is given up, may have cost something, and can be tried again', async () => {
    const server = await serve(() => undefined)
    await expect(askAt(server.url, 30)).rejects.toMatchObject({
      code: 'timeout',
      retry: 'backoff',
      maybeBilled: true,
      message: expect.stringContaining('0.03 s'),
    })
  })

  test('is given up inside its body too', async () => {
    const server = await serve((response) => response.writeHead(200).write('{"data":'))
    await expect(askAt(server.url, 1500)).rejects.toMatchObject({
      code: 'timeout',
      // Whole pictures may be in what had arrived.
      responseBody: '{"data":',
    })
  })

  test('is given up at the word of its caller inside its body', async () => {
    const controller = new AbortController()
    const server = await serve((response) => {
      response.writeHead(200).write('{"data":', () => controller.abort(new Error('Ctrl-C')))
    })
    const call = modelAt(server.url).doGenerate({ ...plainCall, abortSignal: controller.signal })
    await expect(call).rejects.toMatchObject({
      code: 'aborted',
      retry: 'never',
      stopsRun: false,
      maybeBilled: true,
    })
  })

  test('before it is sent costs nothing', async () => {
    const call = modelAt(await closedUrl()).doGenerate({
      ...plainCall,
      abortSignal: AbortSignal.abort(),
    })
    await expect(call).rejects.toMatchObject({ code: 'aborted', maybeBilled: false })
  })

  test('is cut where it is larger than its pictures can be', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ')
    const server = await serve((response) => {
      const push = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', push)
      }
      response.writeHead(200)
      push()
    })
    await expect(askAt(server.url)).rejects.toMatchObject({
      code: 'malformed',
      retry: 'never',
      maybeBilled: true,
      message: expect.stringContaining('more than 17825792 bytes'),
    })
  })

  test('is cut after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const server = await serve((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    await expect(askAt(server.url)).rejects.toMatchObject({ code: 'malformed' })
  })
})

describe('pictures that are only named', () => {
  const named = (...urls: unknown[]): unknown => ({
    data: { image_urls: urls },
    base_resp: { status_code: 0 },
  })

  test('are fetched without the key, over redirects', async () => {
    const files = await serve((response, { path }) => {
      if (path === '/moved') response.writeHead(302, { location: '/picture' }).end()
      else response.end('a picture')
    })
    const server = await serve((response) =>
      sendJson(response, named(`${files.url}/moved`, `${files.url}/picture?Signature=x`)),
    )
    const result = await modelAt(server.url).doGenerate({ ...plainCall, n: 2 })
    const picture = Buffer.from('a picture').toString('base64')
    expect(result.images).toEqual([picture, picture])
    expect(result.warnings).toEqual([])
    expect(files.received).toHaveLength(3)
    for (const { method, headers } of files.received) {
      expect(method).toBe('GET')
      expect(headers).not.toHaveProperty('authorization')
    }
  })

  test('and are gone are never asked for again: the error names their address', async () => {
    const files = await serve((response) => response.writeHead(403).end('expired'))
    const server = await serve((response) => sendJson(response, named(`${files.url}/a.jpg`)))
    await expect(askAt(server.url)).rejects.toMatchObject({
      code: 'download',
      retry: 'never',
      maybeBilled: true,
      message: expect.stringContaining(`${files.url}/a.jpg`),
      responseBody: expect.stringContaining(`${files.url}/a.jpg`),
    })
  })

  test('do not cost the others', async () => {
    const files = await serve((response) => response.end('a picture'))
    const server = await serve((response) =>
      sendJson(response, named(files.url, 'ftp://example.com/b.jpg', 'no address')),
    )
    const { images, warnings } = await modelAt(server.url).doGenerate({ ...plainCall, n: 3 })
    expect(images).toHaveLength(1)
    expect(warnings).toEqual([
      { type: 'other', message: expect.stringContaining('ftp://example.com/b.jpg') },
    ])
  })

  test('that move for ever, or are too large, fail', async () => {
    const files = await serve((response, { path }) => {
      if (path === '/loop') response.writeHead(302, { location: '/loop' }).end()
      else response.end(Buffer.alloc(13 * 1024 * 1024))
    })
    const server = await serve((response) =>
      sendJson(response, named(`${files.url}/loop`, `${files.url}/large`)),
    )
    const call = askAt(server.url)
    await expect(call).rejects.toThrow(/more than 3 redirects/)
    await expect(call).rejects.toThrow(/more than 12582912 bytes/)
    expect(files.received.filter(({ path }) => path === '/loop')).toHaveLength(4)
  })

  test.each(['http:', 'file:'])(
    'are not fetched from this machine for a host on the internet (%s)',
    async (scheme) => {
      const files = await serve((response) => response.end('a secret'))
      const address = scheme === 'file:' ? 'file:///etc/hostname' : files.url
      const { images, failures } = await downloadPictures([address], {
        from: new URL('https://api.minimax.io'),
        maxBytes: 1000,
        signal: AbortSignal.timeout(60_000),
      })
      expect(images).toEqual([])
      expect(failures).toHaveLength(1)
      expect(files.received).toHaveLength(0)
    },
  )
})
