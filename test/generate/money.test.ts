import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import { createBudget } from '../../src/generate/budget.ts'
import { toModelError, chargeOf } from '../../src/generate/provider-error.ts'
import type { ImageModel } from '../../src/model/image-model.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import type { Pipeline } from '../../src/pipeline.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { sendJson, serve } from '../model/loopback.ts'
import { temporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline } from './running.ts'

/** How a project asks a server, by the name of the model. */
const PROVIDERS: Record<string, (url: string) => ImageModel> = {
  minimax: (host) => minimax('image-01', { host, apiKey: 'sk-test-0123', rpm: 1000 }),
  'openai (v2)': (baseURL) =>
    createOpenAIV2({ baseURL, apiKey: 'sk-test-0123' }).image('gpt-image-1'),
  'openai (v3)': (baseURL) =>
    createOpenAIV3({ baseURL, apiKey: 'sk-test-0123' }).image('gpt-image-1'),
}

const THREE =
  'defaults: { alt: "", model: other }\nimages: { a: { prompt: a }, b: { prompt: b }, c: { prompt: c } }'

async function projectWith(
  other: ImageModel,
  { manifest = THREE, budget = { images: 18 } }: { manifest?: string; budget?: object } = {},
): Promise<Pipeline> {
  const { root } = await temporaryProject({ 'a.image.yaml': manifest })
  return openPipeline(root, {
    url: 'http://127.0.0.1:1',
    inline: { budget, models: { other } },
  })
}

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function paint(): Promise<string> {
  const sharp = await loadSharp()
  const image = sharp({
    create: { width: 64, height: 64, channels: 3, background: 'teal' },
  })
  return (await image.png().toBuffer()).toString('base64')
}

describe.each(Object.keys(PROVIDERS))('%s', (name) => {
  const modelAt = (url: string): ImageModel => PROVIDERS[name]!(url)

  test('a server that is down counts nothing, and the advice is not to raise the budget', async () => {
    const pipeline = await projectWith(modelAt(`http://127.0.0.1:${await closedPort()}`))
    const { report } = await generateAll(pipeline)
    expect(pipeline.budget.spent()).toEqual({
      requests: 0,
      pictures: 0,
      usd: 0,
    })
    expect(report.failures).toHaveLength(3)
    expect(report.failures[0]).toMatchObject({
      code: 'network',
      stopsRun: true,
    })
    expect(JSON.stringify(report.failures)).not.toMatch(/raise|--budget/)
  })

  test('a server that speaks no TLS counts nothing and ends the run', async () => {
    const server = await serve((response) => sendJson(response, {}))
    const pipeline = await projectWith(modelAt(server.url.replace('http:', 'https:')))
    const { report } = await generateAll(pipeline)
    expect(pipeline.budget.spent()).toEqual({
      requests: 0,
      pictures: 0,
      usd: 0,
    })
    expect(server.received).toEqual([])
    expect(report.failures[0]).toMatchObject({
      code: 'network',
      stopsRun: true,
    })
  })

  test.each<[string, number, 'free' | 'maybe billed']>([
    ['400', 400, 'free'],
    ['401', 401, 'free'],
    ['408', 408, 'maybe billed'],
    ['500', 500, 'maybe billed'],
  ])('HTTP %s: as many requests are reported as the server got', async (_, status, charge) => {
    const server = await serve((response) =>
      sendJson(response, { error: { message: 'no' } }, status),
    )
    const pipeline = await projectWith(modelAt(server.url), {
      manifest: 'prompt: a\nalt: ""\nmodel: other',
      budget: { images: 2 },
    })
    const { report } = await generateAll(pipeline)
    expect(report.failures).toHaveLength(1)
    const { requests, pictures } = pipeline.budget.spent()
    expect(requests).toBe(server.received.length)
    expect(pictures).toBe(charge === 'free' ? 0 : server.received.length)
    // The server is the cause, also where its failures used the budget up.
    const [{ problem }] = report.failures as [(typeof report.failures)[0]]
    expect(problem.hint ?? '').not.toMatch(/raise|--budget/)
    expect(problem.message).toContain(status < 500 && name !== 'minimax' ? 'no' : '')
  })

  test('an answer that is a web page counts, and is kept', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html>Welcome to the proxy</html>')
    })
    const pipeline = await projectWith(modelAt(server.url), {
      manifest: 'prompt: a\nalt: ""\nmodel: other',
      budget: { images: 1 },
    })
    const { report } = await generateAll(pipeline)
    expect(pipeline.budget.spent()).toMatchObject({ requests: 1, pictures: 1 })
    expect(server.received).toHaveLength(1)
    expect(report.failures[0]?.problem.message).toContain('.imagegen/quarantine/')
  })
})

describe('the failure that ends a run', () => {
  test('comes first whatever the order of the images', async () => {
    const server = await serve((response) => sendJson(response, { error: { message: 'no' } }, 402))
    const images = Array.from({ length: 40 }, (_, index) => `  i${index}: { prompt: p${index} }`)
    const pipeline = await projectWith(PROVIDERS['openai (v3)']!(server.url), {
      manifest: `defaults: { alt: "", model: other }\nimages:\n${images.join('\n')}`,
      budget: { images: 100 },
    })
    const { report, events } = await generateAll(pipeline)
    const codes = report.failures.map(({ code }) => code)
    const firstStopped = codes.indexOf('stopped')
    expect(firstStopped).toBeGreaterThan(0)
    expect(codes.slice(0, firstStopped)).toEqual(codes.filter((code) => code === 'http-402'))
    const told = events.flatMap((event) => (event.kind === 'failed' ? event.failure.code : []))
    expect(told[0]).toBe('http-402')
  })

  test('is a used up quota, which no retry helps', async () => {
    const server = await serve((response) =>
      sendJson(
        response,
        { error: { message: 'Check your plan', code: 'insufficient_quota' } },
        429,
      ),
    )
    const pipeline = await projectWith(PROVIDERS['openai (v3)']!(server.url))
    const { report } = await generateAll(pipeline)
    expect(report.failures[0]).toMatchObject({
      code: 'http-429',
      stopsRun: true,
    })
    expect(pipeline.budget.spent()).toMatchObject({ pictures: 0 })
  })
})

test('a missing key ends the run before anything is sent, and counts nothing', async () => {
  const server = await serve((response) => sendJson(response, {}))
  const pipeline = await projectWith(createOpenAIV3({ baseURL: server.url }).image('gpt-image-1'))
  const { report } = await generateAll(pipeline)
  expect(server.received).toEqual([])
  expect(pipeline.budget.spent()).toEqual({ requests: 0, pictures: 0, usd: 0 })
  expect(report.failures[0]).toMatchObject({
    code: 'credentials',
    stopsRun: true,
  })
  expect(report.failures[0]?.problem.message).toContain('OPENAI_API_KEY')
})

test.each([
  ['the name is unknown', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }],
  ['the name server is busy', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }],
  ['the certificate is too old', { code: 'CERT_HAS_EXPIRED' }],
  ['the certificate is another host’s', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
  [
    'every address of the host refuses',
    { errors: [{ syscall: 'connect' }, { syscall: 'connect' }] },
  ],
])('nothing is counted where %s, however deep the cause is wrapped', (_, fields) => {
  const root = Object.assign(new Error('why'), fields)
  const failed = new TypeError('fetch failed', { cause: root })
  const fromSdk = Object.assign(new Error('Cannot connect to API', { cause: failed }), {
    name: 'AI_APICallError',
    isRetryable: true,
  })
  expect(toModelError(fromSdk)).toMatchObject({
    code: 'network',
    maybeBilled: false,
  })
  expect(chargeOf(fromSdk)).toBe('unsent')
})

describe('a model without a price', () => {
  const one = 'prompt: a\nalt: ""\nmodel: other\nsize: 64x64'

  test('costs `null`, not 0, once it was asked', async () => {
    const server = await serve(async (response) =>
      sendJson(response, { created: 1, data: [{ b64_json: await paint() }] }),
    )
    const pipeline = await projectWith(PROVIDERS['openai (v3)']!(server.url), {
      manifest: one,
    })
    expect(pipeline.budget.spent()).toEqual({
      requests: 0,
      pictures: 0,
      usd: 0,
    })
    const { report } = await generateAll(pipeline)
    expect(report.failures).toEqual([])
    expect(pipeline.budget.spent()).toEqual({
      requests: 1,
      pictures: 1,
      usd: null,
    })
  })

  test('is refused by a budget in USD before the first request', async () => {
    const server = await serve((response) => sendJson(response, {}))
    const pipeline = await projectWith(PROVIDERS['openai (v3)']!(server.url), {
      manifest: one,
      budget: { usd: 0.001 },
    })
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toMatchObject({
      code: 'budget',
      message: expect.stringMatching(
        /`other` \(openai\/gpt-image-1\) is unknown.*imageModel\(model, \{ price \}\)/s,
      ) as string,
    })
    const { plan } = await pipeline.survey()
    expect(() => pipeline.hold(plan.jobs)).toThrow('budget of 20 images or 0.001 USD')
    expect(server.received).toEqual([])
    // Whoever asks without a plan is refused, too.
    const { report } = await generateAll(pipeline)
    expect(report.failures).toMatchObject([{ code: 'budget' }])
    expect(server.received).toEqual([])
  })

  test('may cost nothing: a price of 0 is a price', async () => {
    const server = await serve(async (response) =>
      sendJson(response, { created: 1, data: [{ b64_json: await paint() }] }),
    )
    const model = Object.assign(PROVIDERS['openai (v3)']!(server.url), {
      price: 0,
    })
    const pipeline = await projectWith(model, {
      manifest: one,
      budget: { usd: 0.001 },
    })
    await pipeline.fulfil(new AbortController().signal)
    expect(pipeline.budget.spent()).toEqual({
      requests: 1,
      pictures: 1,
      usd: 0,
    })
  })
})

describe('a budget', () => {
  const model = { name: 'other', provider: 'openai', modelId: 'gpt-image-1' }

  test('is known again once an attempt of unknown price is taken back', () => {
    const budget = createBudget({ images: 3, usd: undefined })
    budget.spend(1, 0.5, model)
    const unpriced = budget.spend(1, null, model)
    expect(budget.spent()).toEqual({ requests: 2, pictures: 2, usd: null })
    void unpriced.takeBack('unsent')
    void unpriced.takeBack('unsent')
    expect(budget.spent()).toEqual({ requests: 1, pictures: 1, usd: 0.5 })
  })

  test('that failed attempts used up says so, and gives no advice to raise it', () => {
    const budget = createBudget({ images: 1, usd: undefined })
    void budget.spend(1, null, model).noteFailure()
    expect(() => budget.spend(1, null, model)).toThrow(/1 of them in attempts that failed/)
    expect(() => budget.spend(1, null, model)).not.toThrow(/raise/)
  })

  test('that worked says how to raise it', () => {
    const budget = createBudget({ images: 1, usd: undefined })
    budget.spend(1, null, model)
    expect(() => budget.spend(1, null, model)).toThrow(/raise the option `budget`/)
  })

  test('adds an unknown price of workers to what this process spent', () => {
    const budget = createBudget({ images: 10, usd: undefined })
    budget.spend(1, 0.5, model)
    budget.charge({ requests: 1, pictures: 2, usd: null })
    expect(budget.spent()).toEqual({ requests: 2, pictures: 3, usd: null })
  })
})
