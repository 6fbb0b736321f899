import { get } from 'node:http'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import emulatorFunction, { readFaultsFile, startEmulator } from '../../src/emulator/index.ts'
import { BODY, ask, hash, pictureOf, request, start } from './client.ts'

it('reports what it did, under the documented names', async () => {
  await using emulator = await start()
  const answer = await ask(emulator, { ...BODY, n: 2 })
  await ask(emulator, { ...BODY, n: 99 })
  await (await fetch(`${emulator.url}/elsewhere`)).text()
  const stats: unknown = await (await fetch(`${emulator.url}/__emulator/stats`)).json()
  expect(stats).toEqual({
    requests: 2,
    images: 2,
    byStatus: { '0': 1, '2013': 1 },
    inFlight: 0,
    maxInFlight: 1,
  })
  expect(stats).toEqual(emulator.stats())
  const served: unknown = await (await fetch(`${emulator.url}/__emulator/served`)).json()
  expect(served).toEqual(emulator.served())
  expect(served).toMatchObject([
    { sha256: hash(pictureOf(answer, 0)), prompt: BODY.prompt, usable: true },
    { sha256: hash(pictureOf(answer, 1)), prompt: BODY.prompt, usable: true },
  ])
})

it('shows the bodies without the key, however it was sent', async () => {
  await using emulator = await start({ now: () => 1_800_000_000_000 })
  const headers = { Cookie: 'session=secret-2', 'X-Api-Key': 'secret-3' }
  await ask(emulator)
  await ask(emulator, BODY, { headers: { ...headers, Authorization: 'secret-4' } })
  const text = await (await fetch(`${emulator.url}/__emulator/requests`)).text()
  expect(text).not.toContain('secret')
  expect(JSON.parse(text)).toEqual(emulator.requests())
  expect(emulator.requests()).toMatchObject([
    {
      time: 1_800_000_000_000,
      method: 'POST',
      path: '/v1/image_generation',
      headers: { authorization: 'Bearer ***', 'content-type': 'application/json' },
      body: BODY,
    },
    { headers: { authorization: '***', cookie: '***', 'x-api-key': '***' } },
  ])
})

it('records long and strange bodies in little memory', async () => {
  await using emulator = await start()
  const long = 'x'.repeat(5000)
  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const bodies = [
    { prompt: long },
    'no json',
    nested,
    { list: Array.from(long) },
    '{"__proto__":1}',
  ]
  for (const body of bodies) await ask(emulator, body)
  const [text, plain, deep, wide, odd] = emulator.requests().map(({ body }) => body)
  expect((text as { prompt: string }).prompt).toContain(
    `<5000 characters, sha256 ${hash(Buffer.from(long))}>`,
  )
  expect(plain).toBe('no json')
  expect(JSON.stringify(deep)).toBe('[[[[[[[["<nested too deeply>"]]]]]]]]')
  expect(wide).toMatch(/^<\d+ characters, sha256 [0-9a-f]{64}>$/)
  expect(JSON.stringify(odd)).toBe('{"__proto__":1}')
})

it('counts concurrent requests', async () => {
  await using emulator = await start({ latency: 5 })
  await Promise.all(Array.from({ length: 6 }, (_, seed) => ask(emulator, { ...BODY, seed })))
  expect(emulator.stats()).toMatchObject({ requests: 6, images: 6, inFlight: 0 })
  expect(emulator.stats().maxInFlight).toBeGreaterThan(1)
  emulator.reset()
  expect(emulator.stats()).toEqual({
    requests: 0,
    images: 0,
    byStatus: {},
    inFlight: 0,
    maxInFlight: 0,
  })
  expect([...emulator.requests(), ...emulator.served()]).toEqual([])
})

it('notices a client that leaves before the answer', async () => {
  await using emulator = await start({ latency: 100_000 })
  const leave = new AbortController()
  const waiting = request(emulator, BODY, { signal: leave.signal })
  waiting.catch(() => undefined)
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  leave.abort()
  await expect.poll(() => emulator.stats().inFlight).toBe(0)
  expect(emulator.stats()).toMatchObject({ requests: 1, images: 0, byStatus: { aborted: 1 } })
})

it('does not count a picture as served where the client did not wait for it', async () => {
  // Nine PNGs of this size are more than the buffers of a connection hold.
  await using emulator = await start({ faults: [{ kind: 'mislabelled', format: 'png' }] })
  const body = JSON.stringify({ ...BODY, width: 1024, height: 1024, n: 9 })
  const socket = connect(emulator.port, '127.0.0.1').pause()
  socket.write(
    `POST /v1/image_generation HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await expect.poll(() => emulator.stats().byStatus).toEqual({ '0': 1 })
  expect(emulator.stats().inFlight).toBe(1)
  socket.destroy()
  await expect.poll(() => emulator.stats().inFlight).toBe(0)
  expect(emulator.stats().images).toBe(0)
  expect(emulator.served()).toEqual([])
})

it('notices a client that leaves in the middle of its body', async () => {
  await using emulator = await start()
  const socket = connect(emulator.port, '127.0.0.1')
  socket.write('POST /v1/image_generation HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"mod')
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  socket.destroy()
  await expect.poll(() => emulator.stats().byStatus).toEqual({ aborted: 1 })
  expect(emulator.stats().inFlight).toBe(0)
})

it('closes at once, with requests open, more than once, and at the end of a scope', async () => {
  const emulator = await start({ latency: 100_000 })
  const waiting = request(emulator).catch((error: unknown) => error)
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  await Promise.all([emulator.close(), emulator.close()])
  await emulator[Symbol.asyncDispose]()
  expect(await waiting).toBeInstanceOf(TypeError)
  await expect(fetch(emulator.url)).rejects.toThrow('fetch failed')
})

it('closes by its signal', async () => {
  const stop = new AbortController()
  const emulator = await start({ signal: stop.signal })
  expect((await fetch(emulator.url)).status).toBe(404)
  stop.abort()
  await expect(fetch(emulator.url)).rejects.toThrow('fetch failed')
  await expect(start({ signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
})

it('listens on the given port, and reports a port that is taken', async () => {
  await using emulator = await start()
  expect(emulator.url).toBe(`http://127.0.0.1:${emulator.port}`)
  await expect(start({ port: emulator.port })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`Port ${emulator.port} of 127.0.0.1 is in use.`) as string,
  })
  const { port } = emulator
  await emulator.close()
  await using again = await start({ port })
  expect(again.port).toBe(port)
})

it.each([
  [{ port: 70_000 }, 'port'],
  [{ rpm: -1 }, 'rpm'],
  [{ rpm: Number.NaN }, 'rpm'],
  [{ latency: -5 }, 'latency'],
  [{ balance: 1.5 }, 'balance'],
  [{ apiKey: '' }, 'apiKey'],
  [{ faults: [{ kind: 'explode' } as never] }, 'faults.0.kind'],
])('refuses %j', async (options, name) => {
  await expect(start(options)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(name) as string,
  })
})

it('is a function with its named exports as properties, for import and require', async () => {
  const entry: Readonly<Record<string, unknown>> = await import('../../src/emulator/index.ts')
  expect(entry['module.exports']).toBe(emulatorFunction)
  expect(Object.entries(emulatorFunction)).toEqual([
    ['startEmulator', startEmulator],
    ['readFaultsFile', readFaultsFile],
  ])
  await using emulator = await emulatorFunction()
  expect(emulator.stats().requests).toBe(0)
})

/** `fetch` does not allow a custom `Host` header. */
async function getAs(
  port: number,
  path: string,
  host: string,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      textOf(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    }).on('error', reject)
  })
}

it.each([
  'rebound.example',
  'rebound.example:80',
  '127.0.0.1.rebound.example',
  'localhost.rebound.example',
  '127.0.0.1@rebound.example',
  '10.0.0.1',
  '[::2]',
  '[fe80::1]:80',
  '0.0.0.0',
])('gives no data to a page that calls it %s', async (host) => {
  await using emulator = await start()
  await ask(emulator, { ...BODY, prompt: 'a secret prompt' })
  for (const path of ['/__emulator/requests', '/__emulator/served', '/v1/image_generation']) {
    const { status, body } = await getAs(emulator.port, path, host)
    expect(status).toBe(403)
    expect(body).toContain('127.0.0.1, [::1] and localhost only')
    expect(body).not.toContain('secret')
  }
})

it.each(['127.0.0.1', 'localhost', 'LOCALHOST:1234', '127.1.2.3:80', '[::1]', '[::1]:80'])(
  'answers a client of this machine that calls it %s',
  async (host) => {
    await using emulator = await start()
    expect((await getAs(emulator.port, '/__emulator/stats', host)).status).toBe(200)
  },
)

it('answers a client that sends no Host, as HTTP/1.0 clients do', async () => {
  await using emulator = await start()
  const socket = connect(emulator.port, '127.0.0.1')
  socket.write('GET /__emulator/stats HTTP/1.0\r\n\r\n')
  expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 200 /)
})
