import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import type { Bill } from '../../src/studio/protocol-actions.ts'
import { askRaw, rawRequest, statusOf } from '../raw-request.ts'
import type { StudioAddress } from './studio-dev-server.ts'

const SCRIPT = readFileSync(new URL('studio-attack.page.mjs', import.meta.url), 'utf8')

/** A dev server with its studio. */
export interface AttackedStudio {
  readonly studio: StudioAddress
  /** A page of the app. */
  readonly app: string
  /** The address of the dev server that leads a person to the studio. */
  readonly door: string
  /** An image that is missing. */
  readonly image: string
  /** The provider. Nothing has been requested yet, and the dev server requests nothing by itself. */
  readonly emulator: Emulator
}

/**
 * Attacks a studio from the app's own page, from a page on another port, and by raw sockets, with everything that its own
 * page knows. Nothing is learnt, read or spent. A person still gets there through the door, and the same order from the
 * studio's page is carried out.
 */
export async function expectUnassailable(
  browser: Browser,
  attacked: AttackedStudio,
): Promise<void> {
  const { studio, image, emulator } = attacked
  const { pictures, usd, digest } = (await post(studio, 'bill', { ids: [image] })) as Bill
  expect(pictures).toBe(1)
  const order = { ids: [image], agreed: { pictures, usd, digest } }
  expect(await attackFromPages(browser, attacked, JSON.stringify(order))).toEqual([])
  expect(await attackBySockets(attacked, JSON.stringify(order))).toEqual([])
  expect(emulator.stats().requests).toBe(0)
  const page = await browser.newPage()
  await page.goto(attacked.door)
  await page.getByRole('link', { name: image, exact: true }).waitFor()
  expect(new URL(page.url()).origin).toBe(new URL(studio.url).origin)
  await page.close()
  await post(studio, 'generate', order)
  await expect.poll(() => emulator.stats().images).toBe(1)
}

/** As the studio's page does. */
async function post({ url, token }: StudioAddress, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${url}api/1/${path}`, {
    method: 'POST',
    headers: {
      origin: new URL(url).origin,
      'content-type': 'application/json',
      'x-imagegen-token': token,
    },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return response.json()
}

/** What scripts get, without and with the token. */
async function attackFromPages(
  browser: Browser,
  { studio, app, door }: AttackedStudio,
  order: string,
): Promise<string[]> {
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>another</title>')
  })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const got: string[] = []
  try {
    for (const from of [app, `http://127.0.0.1:${(other.address() as AddressInfo).port}/`]) {
      const page = await browser.newPage()
      await page.goto(from)
      await page.evaluate(SCRIPT)
      for (const token of ['', studio.token]) {
        const given = [studio.url, door, token, order]
          .map((text) => JSON.stringify(text))
          .join(', ')
        const found = await page.evaluate<string[]>(`window.attackStudio(${given})`)
        got.push(...found.map((each) => `${from} ${each}`))
      }
      await page.close()
    }
  } finally {
    other.close()
    other.closeAllConnections()
  }
  return got
}

/** What only browsers set, when a person opens an address. */
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** Headers of programs that are not the person's browser on this machine. */
const FOREIGN: ReadonlyArray<Readonly<Record<string, string>>> = [
  { host: 'evil.example' },
  { host: '127.0.0.1.evil.example' },
  { host: 'localhost@evil.example' },
  { host: '192.168.0.7' },
  { host: '' },
]

/** Headers that a proxy adds. */
const PROXIED: ReadonlyArray<Readonly<Record<string, string>>> = [
  { forwarded: 'for=10.0.0.1' },
  { 'x-forwarded-for': '10.0.0.1' },
  { 'x-forwarded-host': 'localhost' },
]

/** What raw sockets get: from the studio, with its token, and from the dev server's way to it. */
async function attackBySockets({ studio, door }: AttackedStudio, order: string): Promise<string[]> {
  const got: string[] = []
  const { origin, port, host } = new URL(studio.url)
  const secret = { 'x-imagegen-token': studio.token }
  const write = {
    host,
    origin,
    ...secret,
    'content-type': 'application/json',
    'content-length': String(order.length),
  }
  const studioRequests = [
    ...FOREIGN.flatMap((headers) =>
      ['project', 'history?id=a', 'spend', 'left-over'].map((name) =>
        rawRequest('GET', `/api/1/${name}`, { ...secret, ...headers }),
      ),
    ),
    ...FOREIGN.map((headers) => rawRequest('GET', '/', headers)),
    ...[
      ...FOREIGN,
      ...PROXIED,
      { origin: 'http://127.0.0.1:1' },
      { 'content-type': 'text/plain' },
    ].flatMap((headers) =>
      ['generate', 'trash', 'restore'].map((name) =>
        rawRequest('POST', `/api/1/${name}`, { ...write, ...headers }, order),
      ),
    ),
    rawRequest('GET', `http://evil.example/api/1/project`, { host, ...secret }),
    rawRequest('GET', '/api/1/project', { host, cookie: `x-imagegen-token=${studio.token}` }),
    rawRequest('GET', `/api/1/project?x-imagegen-token=${studio.token}`, { host }),
    `GET /api/1/project HTTP/1.0\r\nx-imagegen-token: ${studio.token}\r\n\r\n`,
    'NONSENSE\r\n\r\n',
    '\u0000\u0001\u0002',
  ]
  for (const text of studioRequests) {
    const status = statusOf(await askRaw(Number(port), text))
    if (status < 400) got.push(`${status} from the studio for ${text}`)
  }

  const { pathname, port: doorPort, host: doorHost } = new URL(door)
  const doorRequests = [
    ...[
      ...FOREIGN,
      ...PROXIED,
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-dest': 'iframe' },
    ].map((headers) => rawRequest('GET', pathname, { host: doorHost, ...NAVIGATION, ...headers })),
    rawRequest('GET', pathname, { host: doorHost }),
    rawRequest('POST', pathname, { host: doorHost, ...NAVIGATION, 'content-length': '0' }),
    rawRequest('GET', `http://evil.example${pathname}`, { host: 'evil.example', ...NAVIGATION }),
  ]
  for (const text of doorRequests) {
    const answer = await askRaw(Number(doorPort), text)
    if (answer.includes(studio.token)) got.push(`the token from the dev server for ${text}`)
  }
  return got
}
