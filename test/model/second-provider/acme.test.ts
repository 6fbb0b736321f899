import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ServerResponse } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { drawPlaceholder } from '../../../src/model/placeholder.ts'
import { minimaxProvider } from '../../../src/model/minimax/provider.ts'
import { readEnvironment, type Environment } from '../../../src/options/environment.ts'
import { modelsWithoutHost, resolveModels } from '../../../src/options/models.ts'
import { resolveOptions } from '../../../src/options.ts'
import { createPipeline } from '../../../src/pipeline.ts'
import type { Receipt } from '../../../src/store/receipt.ts'
import { generateAll, openPipeline, statesOf, type Run } from '../../generate/running.ts'
import { temporaryProject } from '../../temporary-project.ts'
import { describeImageModel } from '../contract.ts'
import { plainCall, sendJson, serve, type Loopback, type Received } from '../loopback.ts'
import { acme, acmeProvider, type AcmeOptions } from './acme.ts'

const KEY = 'acme-secret-key-0123456789'

let picture: string
beforeAll(async () => {
  const bytes = await drawPlaceholder({ width: 64, height: 64, label: 'acme' })
  picture = Buffer.from(bytes).toString('base64')
})

type Step = (response: ServerResponse, request: Received) => unknown

const good: Step = (response) =>
  sendJson(response, { id: 'paint-1', pictures: [picture] }, 200, { 'x-request-id': 'r-1' })

const problem =
  (status: number, kind: string, text: string, headers: Record<string, string> = {}): Step =>
  (response) =>
    sendJson(response, { problem: { kind, text } }, status, headers)

/** A server that takes the steps in order and repeats the last one; downloads have answers of their own. */
async function serveSteps(
  steps: readonly Step[],
  downloads: Readonly<Record<string, Step>> = {},
): Promise<Loopback> {
  let next = 0
  return serve((response, request) => {
    const download = downloads[request.path]
    if (download !== undefined) return download(response, request)
    const step = steps[Math.min(next++, steps.length - 1)]
    return step?.(response, request)
  })
}

interface Outcome extends Run {
  readonly root: string
  readonly server: Loopback
  /** Every message of the run. */
  readonly said: string
  readonly receipts: readonly Receipt[]
  readonly states: Readonly<Record<string, string>>
}

/** Plans a manifest with one image of Acme's and makes it. */
async function run(server: Loopback, options: AcmeOptions = {}): Promise<Outcome> {
  const { root } = await temporaryProject({
    'a.image.yaml': 'images: { kite: { model: brush, prompt: A red kite, alt: A kite } }',
  })
  const pipeline = await openPipeline(root, {
    // The environment has a key and a host of another provider.
    url: 'http://127.0.0.1:9',
    apiKey: 'the-key-of-another-provider',
    inline: { models: { brush: acme('brush-1', { apiKey: KEY, host: server.url, ...options }) } },
  })
  const made = await generateAll(pipeline)
  const store = path.join(root, '.imagegen')
  const said = [
    ...made.events.map((event) => JSON.stringify(event, messagesToo)),
    ...made.report.failures.map((failure) => JSON.stringify(failure)),
  ].join('\n')
  expect(said).not.toMatch(/minimax/i)
  expect(said).not.toContain(KEY)
  return {
    ...made,
    root,
    server,
    said,
    receipts: readdirSync(store)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(path.join(store, name), 'utf8')) as Receipt),
    states: await statesOf(pipeline),
  }
}

/** JSON leaves out an error's message, which is not enumerable. */
function messagesToo(_: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message } : value
}

/** What lies in the store's quarantine, as one text. */
function quarantine(root: string): string {
  const folder = path.join(root, '.imagegen/quarantine')
  return readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n')
}

describeImageModel('A second provider', {
  create: (url) => acme('brush-1', { apiKey: KEY, host: url }),
  answer: (pictures) => ({ id: 'paint-1', pictures }),
  count: (body) => (JSON.parse(body) as { count: number }).count,
})

describe('a picture of a second provider', () => {
  test('is planned with its price, made, and its receipt says by whom', async () => {
    const { survey, report, receipts, states, server } = await run(await serveSteps([good]))
    expect(survey.plan.summary).toMatchObject({ requests: 1, pictures: 1, usd: 0.02 })
    expect(report.failures).toEqual([])
    expect(receipts).toMatchObject([
      { provider: 'acme', model: 'brush-1', usd: 0.02, responseId: 'paint-1', seed: null },
    ])
    expect(states).toEqual({ kite: 'current' })
    expect(server.received).toMatchObject([
      {
        method: 'POST',
        path: '/paint',
        body: JSON.stringify({ model: 'brush-1', text: 'A red kite', count: 1 }),
      },
    ])
  })

  test('is asked for with its own key, and with nothing of another provider', async () => {
    const { server } = await run(await serveSteps([good]))
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(JSON.stringify(server.received)).not.toContain('the-key-of-another-provider')
  })

  test('without a key is an error that names the provider’s own variable', async () => {
    const { server, report, said } = await run(await serveSteps([good]), { apiKey: '' })
    expect(report.failures).toMatchObject([{ code: 'credentials', stopsRun: true }])
    expect(said).toContain(
      'The Acme API key is missing. Set ACME_API_KEY, or hand `apiKey` to acme().',
    )
    expect(server.received).toEqual([])
  })

  test('without a key fails a build with the variable, the price and the place', async () => {
    const { root } = await temporaryProject({
      'a.image.yaml': 'images: { kite: { model: brush, prompt: A red kite, alt: A kite } }',
    })
    const options = await resolveOptions({
      start: root,
      inline: { models: { brush: acme('brush-1') } },
      mode: 'production',
      isBuild: true,
      environment: { MINIMAX_API_KEY: 'the-key-of-another-provider' },
    })
    const said: string[] = []
    const say = (message: string): void => void said.push(message)
    const pipeline = createPipeline(options, { info: say, warn: say, error: say })
    const fulfilled = pipeline.fulfil(new AbortController().signal)
    await expect(fulfilled).rejects.toThrow(
      /^There is no API key: ACME_API_KEY is not set\. 1 image is missing \(0\.02 USD\)\.\nSet ACME_API_KEY \(/,
    )
    await expect(fulfilled).rejects.not.toThrow(/minimax/i)
    expect(said.join('\n')).not.toMatch(/minimax/i)
    expect(options.missingKeys).toContainEqual({
      variable: 'ACME_API_KEY',
      page: 'acme.example/keys',
    })
  })
})

describe('a fault of a second provider', () => {
  test('429 with Retry-After slows the run, is not counted, and is tried again', async () => {
    const slow = problem(429, 'slow', 'Ten a minute.', { 'retry-after': '0.05' })
    const { report, said, server, receipts } = await run(await serveSteps([slow, good]))
    expect(report.failures).toEqual([])
    expect(server.received).toHaveLength(2)
    expect(receipts).toHaveLength(1)
    expect(said).toContain(
      `${server.url} answered HTTP 429. It said: \\"Ten a minute.\\". The run slows down.`,
    )
    expect(said).toContain('"retryAfter":50')
  })

  test('500 with an HTML body is told in words, and is tried again', async () => {
    const page: Step = (response) =>
      response
        .writeHead(500, { 'content-type': 'text/html', 'x-request-id': 'r-500' })
        .end('<html><style>p{}</style><h1>Bad day</h1><p>at the gateway</p></html>')
    const { report, said, server } = await run(await serveSteps([page, good]))
    expect(report.failures).toEqual([])
    expect(server.received).toHaveLength(2)
    expect(said).toContain('answered HTTP 500. It said: \\"Bad day at the gateway\\".')
    expect(said).toContain('(X-Request-Id r-500)')
    expect(said).not.toContain('<h1>')
  })

  test('an answer that drips ends in its time, may have cost something, and what came is kept', async () => {
    const drip: Step = (response) => {
      response.writeHead(200).write('{"pictures":["aGFsZiBhIHBpY3R1cmU')
      const timer = setInterval(() => response.write('A'), 20)
      response.on('close', () => clearInterval(timer))
    }
    const server = await serveSteps([drip])
    const model = acme('brush-1', { apiKey: KEY, host: server.url, timeout: 300 })
    const call = model.doGenerate({ ...plainCall })
    await expect(call).rejects.toMatchObject({
      code: 'timeout',
      retry: 'backoff',
      maybeBilled: true,
      responseBody: expect.stringContaining('aGFsZiBhIHBpY3R1cmU'),
      message: `${server.url} did not answer completely within 0.3 s. To wait longer, raise \`timeout\`.`,
    })
  })

  test('an answer that drips once is tried again, and what came of it is in quarantine', async () => {
    const drip: Step = (response) => {
      response.writeHead(200).write('{"pictures":["aGFsZiBhIHBpY3R1cmU')
    }
    const server = await serveSteps([drip, good])
    const { report, root, receipts } = await run(server, { timeout: 1000 })
    expect(report.failures).toEqual([])
    expect(receipts).toHaveLength(1)
    expect(quarantine(root)).toContain('aGFsZiBhIHBpY3R1cmU')
  })

  test('a refusal in the provider’s own form is final, and its words are shown', async () => {
    const { report, server } = await run(
      await serveSteps([problem(422, 'refused', 'No kites, please.')]),
    )
    expect(server.received).toHaveLength(1)
    expect(report.failures).toMatchObject([
      {
        code: 'refused',
        stopsRun: false,
        problem: { message: 'kite: Acme refused the prompt: No kites, please.' },
      },
    ])
  })

  test('401 stops the run and names the variables, and a key that it repeats is hidden', async () => {
    const echo: Step = (response, { headers }) =>
      sendJson(response, { problem: { text: `Unknown: ${headers.authorization}` } }, 401)
    const { report } = await run(await serveSteps([echo]))
    expect(report.failures).toMatchObject([
      {
        code: 'http-401',
        stopsRun: true,
        problem: {
          message: expect.stringMatching(
            /It said: "Unknown: Bearer \*\*\*"\. Check ACME_API_KEY and ACME_API_HOST\.$/,
          ),
        },
      },
    ])
  })

  test('a redirect of the request is not followed, so the key stays where it was sent', async () => {
    const other = await serveSteps([good])
    const away: Step = (response) => response.writeHead(307, { location: `${other.url}/x` }).end()
    const { report } = await run(await serveSteps([away]))
    expect(report.failures).toMatchObject([
      { stopsRun: true, problem: { message: expect.stringContaining('Check ACME_API_HOST.') } },
    ])
    expect(other.received).toEqual([])
  })

  test('JSON without pictures is kept, since it may have been paid for', async () => {
    const odd: Step = (response) => sendJson(response, { id: 'paint-1', drawings: ['odd'] })
    const { report, root } = await run(await serveSteps([odd, good]))
    expect(report.failures).toEqual([])
    expect(quarantine(root)).toContain('drawings')
  })
})

describe('a picture that a second provider names by address', () => {
  const named: Step = (response, { headers }) =>
    sendJson(response, { id: 'paint-1', pictures: [`http://${headers.host}/files/1`] })
  const bytes: Step = (response) => response.end(Buffer.from(picture, 'base64'))
  const redirect: Step = (response) => response.writeHead(302, { location: '/files/2' }).end()

  test('is downloaded through a redirect, without the key', async () => {
    const server = await serveSteps([named], { '/files/1': redirect, '/files/2': bytes })
    const { report, states } = await run(server)
    expect(report.failures).toEqual([])
    expect(states).toEqual({ kite: 'current' })
    expect(server.received.map(({ path: place }) => place)).toEqual([
      '/paint',
      '/files/1',
      '/files/2',
    ])
    const downloads = server.received.slice(1)
    expect(downloads.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })

  test('and cannot be downloaded is not asked for again, and its address is kept', async () => {
    const gone: Step = (response) => response.writeHead(410).end()
    const { report, root, server } = await run(await serveSteps([named], { '/files/1': gone }))
    expect(server.received.filter(({ path: place }) => place === '/paint')).toHaveLength(1)
    expect(report.failures).toMatchObject([
      {
        code: 'download',
        problem: {
          message: expect.stringContaining(
            'Acme drew pictures that could not be fetched; they are at http://127.0.0.1',
          ),
        },
      },
    ])
    expect(quarantine(root)).toContain('/files/1')
  })
})

test.each([
  ['acme.example', 'The Acme host acme.example has no scheme.'],
  ['http://acme.example', 'The Acme host http://acme.example would get the API key in clear text.'],
  [
    'ftp://acme.example',
    'or `host` of acme(), is a scheme and a name, such as https://images.acme.example.',
  ],
])('the host %s is refused by the name of the provider', (host, message) => {
  expect(() => acme('brush-1', { host })).toThrow(message)
  expect(() => acme('brush-1', { host })).not.toThrow(/minimax/i)
})

describe('the environment with two providers', () => {
  const providers = [minimaxProvider, acmeProvider]

  async function read(
    files: Record<string, string>,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Environment> {
    const { root } = await temporaryProject(files)
    return readEnvironment(root, 'production', environment, [], providers)
  }

  test('has a key and a host for each of them', async () => {
    const { accounts, warnings } = await read(
      { '.env.local': 'ACME_API_KEY=key-of-acme\nACME_API_HOST=https://gateway.example' },
      { MINIMAX_API_KEY: 'key-of-minimax' },
    )
    expect(warnings).toEqual([])
    expect(accounts.get('acme')).toMatchObject({
      apiKey: 'key-of-acme',
      apiHost: 'https://gateway.example',
    })
    expect(accounts.get('minimax')).toMatchObject({ apiKey: 'key-of-minimax', apiHost: undefined })
  })

  test('gives each model the account of its own provider', async () => {
    const environment = await read(
      {},
      {
        MINIMAX_API_KEY: 'key-of-minimax',
        ACME_API_KEY: 'key-of-acme',
        ACME_API_HOST: 'https://gateway.example',
      },
    )
    const models = await resolveModels({ brush: acme('brush-1') }, environment, providers)
    expect([...models.keys()]).toEqual(['image-01', 'image-01-live', 'acme-1', 'brush'])
    const accountOf = (name: string): string | undefined => models.get(name)?.account
    expect(accountOf('image-01')).toBe('minimax@api.minimax.io')
    expect(accountOf('acme-1')).toBe('acme@gateway.example')
    expect(accountOf('brush')).toBe('acme@gateway.example')
    expect([...models.values()].map(({ model }) => model.credentials)).toEqual(
      Array.from({ length: 4 }, () => 'given'),
    )
  })

  test('gives no model the key of another provider', async () => {
    const environment = await read({}, { MINIMAX_API_KEY: 'key-of-minimax' })
    const models = await resolveModels({ brush: acme('brush-1') }, environment, providers)
    expect(models.get('image-01')?.model.credentials).toBe('given')
    expect(models.get('acme-1')?.model.credentials).toBe('missing')
    expect(models.get('brush')?.model.credentials).toBe('missing')
  })

  test('trusts a provider’s own host for that provider only', async () => {
    const { accounts, warnings } = await read(
      { '.env': 'ACME_API_HOST=https://api.minimax.io' },
      { ACME_API_KEY: 'key-of-acme' },
    )
    expect(accounts.get('acme')?.apiHost).toBeUndefined()
    expect(warnings).toEqual([
      expect.stringMatching(
        /^ACME_API_HOST in \.env \(api\.minimax\.io\) is ignored: .* with the ACME_API_KEY of the same file, unless it is one of Acme's own hosts/,
      ),
    ])
  })

  test('names the variable whose host a model with a key of its own does not use', async () => {
    const environment = await read({
      '.env': 'ACME_API_HOST=https://gateway.example\nACME_API_KEY=key-of-acme',
    })
    const given = { brush: acme('brush-1', { apiKey: KEY }) }
    expect(modelsWithoutHost(given, environment)).toEqual([
      { name: 'brush', hostVariable: 'ACME_API_HOST' },
    ])
    const models = await resolveModels(given, environment, providers)
    expect(models.get('brush')?.account).toBe('acme@images.acme.example')
  })
})
