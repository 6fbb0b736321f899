import { expect, it, describe } from 'vitest'
import { png } from '../bundlers/sandbox.ts'
import type { ImageDetail } from '../../src/studio/protocol-image.ts'
import type { Project, WallPage } from '../../src/studio/protocol.ts'
import { rawRequest, statusOf } from '../raw-request.ts'
import { KEY, openStudio, pictureAddress, type OpenStudio } from './opened.ts'

const MANIFEST = 'images: { own: { source: ./own.png, alt: drawn by hand } }'

async function open(settings: Partial<Parameters<typeof openStudio>[0]> = {}): Promise<OpenStudio> {
  return openStudio({
    files: { 'cast.image.yaml': MANIFEST, 'own.png': await png('#336699') },
    ...settings,
  })
}

/** Every address that only looks, below `/api/1/`. */
const READING = [
  'project',
  'wall',
  'image?id=cast.image.yaml%23own',
  'renditions?id=cast.image.yaml%23own',
  'plan',
  'history?id=cast.image.yaml%23own',
  'spend',
  'left-over',
  'left-over?place=trash',
]

/** Every address that writes, spends or names a price, below `/api/1/`. `adopt` takes bytes. */
const WRITING = [
  'bill',
  'generate',
  'stop',
  'check',
  'change',
  'undo',
  'manifest',
  'trash',
  'restore',
  'open',
]

describe('Host', () => {
  it.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:PORT', 200],
    ['127.9.8.7', 200],
    ['localhost:PORT', 200],
    ['LOCALHOST', 200],
    ['[::1]:PORT', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['evil.example#127.0.0.1', 400],
    ['127.0.0.1@evil.example', 400],
    ['[::1', 400],
    ['[127.0.0.1]', 400],
    ['localhost:99999', 400],
    ['localhost:', 400],
    ['local host', 400],
    ['192.168.0.7', 403],
    ['0.0.0.0', 403],
    ['0', 403],
    ['2130706433', 403],
    ['', 400],
  ])('%s is answered with %i', async (host, status) => {
    const studio = await open()
    const answer = await studio.raw(
      rawRequest('GET', '/', { host: host.replace('PORT', String(studio.port)) }),
    )
    expect(statusOf(answer)).toBe(status)
    expect((await studio.get('/api/1/project')).status).toBe(200)
  })

  it('is needed, and only one of it', async () => {
    const studio = await open()
    expect(statusOf(await studio.raw('GET / HTTP/1.1\r\nconnection: close\r\n\r\n'))).toBe(400)
    expect(statusOf(await studio.raw('GET / HTTP/1.0\r\n\r\n'))).toBe(400)
    const two =
      'GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n'
    expect(statusOf(await studio.raw(two))).toBe(400)
  })

  it('comes before the token: a rebound name gets nothing', async () => {
    const studio = await open()
    const headers = { host: 'evil.example', 'x-imagegen-token': studio.token }
    const answer = await studio.raw(rawRequest('GET', '/api/1/project', headers))
    expect(statusOf(answer)).toBe(403)
    expect(answer).not.toContain('cast')
  })
})

describe('the token', () => {
  it.each([...READING, 'events', 'nothing'])('%s is not answered without it', async (name) => {
    const studio = await open()
    for (const token of [undefined, '', 'x', `${studio.token}x`, studio.token.slice(1)]) {
      const headers = token === undefined ? {} : { 'x-imagegen-token': token }
      expect((await studio.ask(`/api/1/${name}`, { headers })).status).toBe(401)
    }
  })

  it.each(READING)('%s is answered with it, as GET only', async (name) => {
    const studio = await open()
    const path = `/api/1/${name}`
    expect((await studio.get(path)).status).toBe(200)
    expect((await studio.post(path, {})).status).toBe(405)
  })

  it('does not count as a cookie or in the address', async () => {
    const studio = await open()
    const headers = { cookie: `token=${studio.token}; x-imagegen-token=${studio.token}` }
    const path = `/api/1/project?token=${studio.token}&x-imagegen-token=${studio.token}`
    expect((await studio.ask(path, { headers })).status).toBe(401)
  })

  it('sets no cookie and allows no other origin', async () => {
    const studio = await open()
    const answers = [
      await studio.ask('/'),
      await studio.get('/api/1/project'),
      await studio.ask('/api/1/project', {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example' },
      }),
    ]
    for (const { headers } of answers) {
      const names = [...headers.keys()]
      expect(names.filter((name) => /^(?:set-cookie|access-control-)/.test(name))).toEqual([])
    }
  })

  it('has at least 128 bits and is another one in every studio', async () => {
    const [one, other] = await Promise.all([open(), open()])
    expect(Buffer.from(one.token, 'base64url').length).toBeGreaterThanOrEqual(16)
    expect(one.token).not.toBe(other.token)
  })
})

describe('a page of another origin', () => {
  it.each([
    ['its origin', { origin: 'http://localhost:5173' }],
    ['no origin that can be told', { origin: 'null' }],
    ['a browser that says it is another site', { 'sec-fetch-site': 'cross-site' }],
    ['a browser that says it is another port', { 'sec-fetch-site': 'same-site' }],
  ])('reads nothing with the token and %s', async (_, more) => {
    const studio = await open()
    const headers = { host: `127.0.0.1:${studio.port}`, 'x-imagegen-token': studio.token, ...more }
    expect(statusOf(await studio.raw(rawRequest('GET', '/api/1/wall', headers)))).toBe(403)
  })

  it('sees no picture', async () => {
    const studio = await open()
    const { tiles } = (await studio.get('/api/1/wall')).json<WallPage>()
    const picture = await pictureAddress(studio, tiles[0]?.thumbnail ?? '')
    expect((await studio.ask(picture)).status).toBe(200)
    const headers = { host: `127.0.0.1:${studio.port}`, 'sec-fetch-site': 'cross-site' }
    expect(statusOf(await studio.raw(rawRequest('GET', picture, headers)))).toBe(403)
  })
})

describe('what writes and spends', () => {
  const body = '{"ids":[]}'
  const usual = (studio: OpenStudio): Record<string, string> => ({
    host: `127.0.0.1:${studio.port}`,
    origin: studio.origin,
    'x-imagegen-token': studio.token,
    'content-type': 'application/json',
    'content-length': String(body.length),
  })

  it('is answered with all that it needs', async () => {
    const studio = await open()
    const answer = await studio.raw(rawRequest('POST', '/api/1/bill', usual(studio), body))
    expect(statusOf(answer)).toBe(200)
  })

  it.each<[what: string, changed: Record<string, string | undefined>, status: number]>([
    ['no origin', { origin: undefined }, 403],
    ['a foreign origin', { origin: 'http://evil.example' }, 403],
    ['the origin of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['the origin with another name of this machine', { origin: 'http://localhost' }, 403],
    ['the origin over https', { origin: 'https://127.0.0.1' }, 403],
    ['no token', { 'x-imagegen-token': undefined }, 401],
    ['no content type', { 'content-type': undefined }, 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', { 'content-type': 'text/plain' }, 415],
    ['a file', { 'content-type': 'application/octet-stream' }, 415],
    ['Forwarded', { forwarded: 'for=10.0.0.1' }, 403],
    ['X-Forwarded-For', { 'x-forwarded-for': '10.0.0.1' }, 403],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example' }, 403],
    ['X-Forwarded-Anything', { 'x-forwarded-anything': '1' }, 403],
  ])('is refused with %s', async (_, changed, status) => {
    const studio = await open()
    const headers = Object.fromEntries(
      Object.entries({ ...usual(studio), ...changed }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>
    expect(statusOf(await studio.raw(rawRequest('POST', '/api/1/bill', headers, body)))).toBe(
      status,
    )
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])(
    'is refused as %s',
    async (method) => {
      const studio = await open()
      const answer = await studio.raw(rawRequest(method, '/api/1/bill', usual(studio), body))
      expect(statusOf(answer)).toBe(405)
    },
  )

  it.each(WRITING)('%s is held to all of it, and knows its body', async (name) => {
    const studio = await open()
    const ask = async (changed: Record<string, string>): Promise<number> => {
      const headers = { ...usual(studio), ...changed }
      return statusOf(await studio.raw(rawRequest('POST', `/api/1/${name}`, headers, body)))
    }
    expect(await ask({ host: 'evil.example' })).toBe(403)
    expect(await ask({ origin: 'http://localhost:5173' })).toBe(403)
    expect(await ask({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await ask({ 'x-imagegen-token': `${studio.token}x` })).toBe(401)
    expect(await ask({ 'content-type': 'text/plain' })).toBe(415)
    expect(await ask({ 'x-forwarded-for': '10.0.0.1' })).toBe(403)
    expect(await ask({ 'content-length': '999999999' })).toBe(413)
    expect((await studio.get(`/api/1/${name}`)).status).toBe(405)
    expect((await studio.post(`/api/1/${name}`, { ids: [], more: '../../etc' })).status).toBe(400)
    expect(studio.problems).toEqual([])
  })

  it.each([...WRITING, 'adopt'])('%s is refused by a read-only studio', async (name) => {
    const studio = await open({ studio: { isReadOnly: true } })
    const answer = await studio.post(`/api/1/${name}`, {})
    expect(answer.status).toBe(403)
    expect(answer.json()).toMatchObject({ error: { code: 'read-only' } })
  })

  it('is refused by a read-only studio, which says so', async () => {
    const studio = await open({ studio: { isReadOnly: true } })
    expect((await studio.get('/api/1/project')).json<Project>().writable).toBe('asked')
    const answer = await studio.post('/api/1/bill', { ids: [] })
    expect(answer.status).toBe(403)
    expect(answer.json()).toMatchObject({ error: { code: 'read-only' } })
  })

  it('is refused where the studio listens beyond this machine', async () => {
    const studio = await open({ studio: { host: '0.0.0.0' } })
    expect((await studio.get('/api/1/project')).json<Project>().writable).toBe('not-loopback')
    expect((await studio.post('/api/1/bill', { ids: [] })).status).toBe(403)
  })

  it('is refused through a proxy, which still may look', async () => {
    const studio = await open()
    const headers = { 'x-imagegen-token': studio.token, 'x-forwarded-for': '10.0.0.1' }
    const answer = await studio.ask('/api/1/project', { headers })
    expect(answer.json<Project>().writable).toBe('not-loopback')
  })
})

describe('a malformed request', () => {
  it.each([
    ['a target of another host', 'http://evil.example/'],
    ['two slashes', '//evil.example/'],
    ['dots', '/api/../etc/passwd'],
    ['escaped dots', '/%2e%2e/%2e%2e/etc/passwd'],
    ['a broken escape', '/api/1/wall?after=%zz'],
    ['half a character', '/api/1/wall?after=%ff%fe'],
    ['a star', '*'],
  ])('with %s is answered with 400, and the studio goes on', async (_, target) => {
    const studio = await open()
    const headers = { host: 'localhost', 'x-imagegen-token': studio.token }
    expect(statusOf(await studio.raw(rawRequest('GET', target, headers)))).toBe(400)
    expect((await studio.get('/api/1/project')).status).toBe(200)
  })

  it.each([
    'GET / HTTP/9.9\r\n\r\n',
    'NONSENSE\r\n\r\n',
    '\u0000\u0001\u0002',
    'GET / HTTP/1.1\r\nhost: localhost\r\nx: a\u0000b\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
    'POST /api/1/bill HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ])('that is no HTTP ends with 400: %#', async (text) => {
    const studio = await open()
    expect(statusOf(await studio.raw(text))).toBe(400)
    expect((await studio.get('/api/1/project')).status).toBe(200)
  })

  it.each([
    '',
    '{',
    '"text"',
    '[]',
    'null',
    '{"ids":1}',
    '{"ids":[1]}',
    '{"ids":[],"more":1}',
    '\u00ff',
  ])('with the body %j is answered with 400', async (body) => {
    const studio = await open()
    const answer = await studio.ask('/api/1/bill', {
      method: 'POST',
      headers: {
        'x-imagegen-token': studio.token,
        origin: studio.origin,
        'content-type': 'application/json',
      },
      body: body === '\u00ff' ? Buffer.from([0x7b, 0xff]) : body,
    })
    expect(answer.status).toBe(400)
    expect(studio.problems).toEqual([])
  })

  it('with a body that is too large is answered with 413, declared or not', async () => {
    const studio = await open()
    const headers = {
      host: `127.0.0.1:${studio.port}`,
      origin: studio.origin,
      'x-imagegen-token': studio.token,
      'content-type': 'application/json',
    }
    const declared = { ...headers, 'content-length': '999999999' }
    expect(statusOf(await studio.raw(rawRequest('POST', '/api/1/bill', declared, '{')))).toBe(413)
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`
    const chunked = rawRequest('POST', '/api/1/bill', {
      ...headers,
      'transfer-encoding': 'chunked',
    })
    expect(statusOf(await studio.raw(chunked + chunk.repeat(9)))).toBe(413)
    expect((await studio.get('/api/1/project')).status).toBe(200)
  })

  it('that ends in the middle of its body does no harm', async () => {
    const studio = await open()
    const headers = {
      host: `127.0.0.1:${studio.port}`,
      origin: studio.origin,
      'x-imagegen-token': studio.token,
      'content-type': 'application/json',
      'content-length': '100',
    }
    await studio.raw(rawRequest('POST', '/api/1/bill', headers, '{"ids":'), 'leave')
    expect((await studio.get('/api/1/project')).status).toBe(200)
    expect(studio.problems).toEqual([])
  })
})

describe('the page', () => {
  it('runs nothing but what is inside it, and nobody may frame it', async () => {
    const { headers } = await (await open()).ask('/')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/,
    )
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toContain('unsafe')
  })

  it.each(['/', '/api/1/project', '/nothing'])(
    '%s is never kept, sniffed or told of',
    async (path) => {
      const { headers } = await (await open()).get(path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    },
  )
})

describe('pictures', () => {
  const SVG =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><script>alert(1)</script><rect width="40" height="20" fill="red"/></svg>'

  it('an SVG is drawn, whole and small: its script never reaches a browser', async () => {
    const studio = await openStudio({
      files: {
        'cast.image.yaml': 'images: { own: { source: ./own.svg, alt: "" } }',
        'own.svg': SVG,
      },
    })
    const detail = (await studio.get('/api/1/image?id=cast.image.yaml%23own')).json<ImageDetail>()
    const keys = [detail.picture, detail.tile.thumbnail].map((key) => key ?? '')
    const answers = await Promise.all(
      keys.map(async (key) => studio.ask(await pictureAddress(studio, key))),
    )
    expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual([
      'image/png',
      'image/webp',
    ])
    for (const { headers, text } of answers) {
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(text).not.toContain('alert')
    }
  })

  it('only keys that the studio gave out lead to one', async () => {
    const studio = await open()
    const { pictures } = (await studio.get('/api/1/project')).json<Project>()
    const wrong = ['whole-', `whole-${'0'.repeat(64)}`, 'own.png', 'thumb-own.png', '']
    const answers = await Promise.all(wrong.map((key) => studio.ask(`${pictures}/${key}`)))
    expect(answers.map(({ status }) => status)).toEqual(wrong.map(() => 404))
    expect((await studio.ask(`/p/whole-${'0'.repeat(64)}`)).status).toBe(404)
    expect((await studio.ask(pictures, { method: 'POST' })).status).toBe(404)
  })

  it('a file that was replaced behind its key is not served', async () => {
    const studio = await open()
    const { tiles } = (await studio.get('/api/1/wall')).json<WallPage>()
    const key = (tiles[0]?.thumbnail ?? '').replace('thumb-', 'whole-')
    const address = await pictureAddress(studio, key)
    studio.project.write({ 'own.png': 'root:x:0:0' })
    expect((await studio.ask(address)).status).toBe(404)
  })
})

it('no answer holds a key, or a path outside the root', async () => {
  const studio = await openStudio({
    files: {
      'cast.image.yaml': `images:\n  kira: { prompt: "a portrait, ${KEY}", alt: "" }\n  own: { source: ./own.png, alt: "" }`,
      'broken.image.yaml': 'images: { a: { source: ../../../../etc/passwd, alt: "" } }',
      'own.png': await png('#336699'),
    },
  })
  const paths = [
    'project',
    'wall',
    'plan',
    'image?id=cast.image.yaml%23kira',
    'image?id=cast.image.yaml%23own',
    'renditions?id=cast.image.yaml%23own',
    'renditions?id=cast.image.yaml%23kira',
    'image?id=nothing',
    'history?id=cast.image.yaml%23kira',
    'history?id=nothing',
    'spend',
    'left-over',
    'left-over?place=trash',
  ]
  for (const path of paths) {
    const { text } = await studio.get(`/api/1/${path}`)
    expect(text).not.toContain(KEY)
    expect(text).not.toContain(studio.project.root)
    expect(text).not.toContain('/tmp/')
  }
})
