import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import type { ImageModel } from '../../src/model/image-model.ts'
import type { Pipeline } from '../../src/pipeline.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { sha256 } from '../../src/shared/hash.ts'
import type { Receipt } from '../../src/store/receipt.ts'
import { generateAll, openPipeline, testEmulator } from '../generate/running.ts'
import { summaries } from '../manifest/reading.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'
import { sendJson, serve, type Loopback } from './loopback.ts'

/** OpenAI's images endpoints, as far as its providers use them. Every picture has a colour of its own. */
async function serveOpenAi(): Promise<Loopback> {
  let drawn = 0
  return serve(async (response, { path: place, body }) => {
    const { n, size } = askedFor(body)
    const [width = 0, height = 0] = size.split('x').map(Number)
    if (!place.startsWith('/images/') || width * height === 0) {
      return sendJson(response, { error: { message: `no ${size} at ${place}` } }, 400)
    }
    const sharp = await loadSharp()
    const pictures = Array.from({ length: n }, () => {
      const background = { r: (drawn++ * 40) % 256, g: drawn, b: 90 }
      return sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer()
    })
    const data = (await Promise.all(pictures)).map((png) => ({ b64_json: png.toString('base64') }))
    return sendJson(response, { created: 1, data })
  })
}

/** A body is JSON, or a form where pictures are sent along. */
function askedFor(body: string): { n: number; size: string } {
  if (body.startsWith('{')) return JSON.parse(body) as { n: number; size: string }
  const field = (name: string): string =>
    new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(body)?.[1] ?? ''
  return { n: Number(field('n')), size: field('size') }
}

/** OpenAI's provider of the newest specification that a test has. */
export interface NewestProvider {
  readonly version: 'v3' | 'v4'
  readonly createOpenAI: (account: { readonly apiKey: string; readonly baseURL: string }) => {
    image(id: string): ImageModel
  }
}

interface Studio {
  readonly openai: Loopback
  readonly emulator: Emulator
  readonly pipeline: Pipeline
  /** Of the picture with this name, oldest first. */
  readonly receipts: (name: string) => Receipt[]
}

/** A project that has MiniMax and OpenAI's models of several specifications side by side. */
async function studio(files: FileTree, newest: NewestProvider): Promise<Studio> {
  const emulator = await testEmulator()
  const openai = await serveOpenAi()
  const account = { apiKey: 'sk-test', baseURL: openai.url }
  const { root, file } = await temporaryProject(files)
  const models: Record<string, ImageModel> = {
    v2: createOpenAIV2(account).image('gpt-image-1'),
    v3: createOpenAIV3(account).image('gpt-image-1'),
    newest: newest.createOpenAI(account).image('gpt-image-1'),
    'dall-e-3': createOpenAIV3(account).image('dall-e-3'),
    'newest-dall-e-3': newest.createOpenAI(account).image('dall-e-3'),
  }
  const inline = { models, budget: { images: 100 }, defaults: { alt: '' } }
  return {
    openai,
    emulator,
    pipeline: await openPipeline(root, { url: emulator.url, inline }),
    receipts: (name) =>
      readdirSync(file('.imagegen'))
        .filter((entry) => entry.endsWith('.json'))
        .map((entry) => readFileSync(path.join(file('.imagegen'), entry), 'utf8'))
        .map((text) => JSON.parse(text) as Receipt)
        .filter((receipt) => receipt.name === name)
        .toSorted((left, right) => left.time.localeCompare(right.time)),
  }
}

/** What manifests rely on, with real providers of the AI SDK. */
export function describeAiSdkInAManifest(newest: NewestProvider): void {
  describe('one manifest with MiniMax and with models of the AI SDK', () => {
    const MIXED = `
images:
  kira: { prompt: Portrait of Kira, aspectRatio: 4:3 }
  boat: { model: v2, prompt: A boat, size: 128x96 }
  gull: { model: v3, prompt: A gull, size: 96x128, providerOptions: { quality: low } }
  dune: { model: newest, prompt: A dune, size: 64x64, references: ["#kira"] }
  again: { prompt: Kira on the dune, references: ["#dune"] }
`

    test('is made, and the receipts say by whom', async () => {
      const { pipeline, openai, emulator, receipts } = await studio(
        { 'a.image.yaml': MIXED },
        newest,
      )
      const { report, survey } = await generateAll(pipeline)
      expect(report.failures).toEqual([])
      expect(report.generated.map((id) => id.split('#')[1])).toEqual(
        expect.arrayContaining(['kira', 'boat', 'gull', 'dune', 'again']),
      )
      expect(survey.plan.summary).toMatchObject({ requests: 5, pictures: 5, usd: null })
      expect(openai.received).toHaveLength(3)
      expect(emulator.stats().requests).toBe(2)

      expect(receipts('kira')).toMatchObject([
        {
          provider: 'minimax',
          model: 'image-01',
          mediaType: 'image/jpeg',
          usd: 0.0035,
          width: 1152,
        },
      ])
      const byOpenAi = {
        provider: 'openai',
        model: 'gpt-image-1',
        mediaType: 'image/png',
        usd: null,
      }
      expect(receipts('boat')).toMatchObject([{ ...byOpenAi, width: 128, height: 96, seed: null }])
      expect(receipts('gull')).toMatchObject([
        { ...byOpenAi, width: 96, height: 128, recipe: { providerOptions: { quality: 'low' } } },
      ])
      expect(JSON.parse(openai.received.find(({ body }) => body.includes('A gull'))!.body)).toEqual(
        {
          model: 'gpt-image-1',
          prompt: 'A gull',
          n: 1,
          size: '96x128',
          quality: 'low',
        },
      )

      const [kira] = receipts('kira')
      const [dune] = receipts('dune')
      expect(dune).toMatchObject({ ...byOpenAi, inputs: [{ reference: 'a.image.yaml#kira' }] })
      expect(dune?.inputs[0]?.sha256).toBe(kira?.sha256)
      expect(receipts('again')).toMatchObject([
        { provider: 'minimax', inputs: [{ reference: 'a.image.yaml#dune', sha256: dune?.sha256 }] },
      ])
      const sent = JSON.stringify(emulator.requests().at(-1)?.body)
      const png = /data:image\/png;base64,([^"]+)/.exec(sent)?.[1] ?? ''
      expect(sha256(Buffer.from(png, 'base64'))).toBe(dune?.sha256)

      const after = await pipeline.survey()
      expect(after.plan.summary).toMatchObject({ current: 5, requests: 0 })
    })

    test('sends a reference as a picture, and the key to nobody else', async () => {
      const { pipeline, openai, emulator } = await studio({ 'a.image.yaml': MIXED }, newest)
      await generateAll(pipeline)
      const edit = openai.received.find(({ path: place }) => place === '/images/edits')
      expect(edit?.headers['content-type']).toMatch(/^multipart\/form-data/)
      expect(edit?.body).toContain('Content-Type: image/jpeg')
      for (const { headers } of openai.received)
        expect(headers.authorization).toBe('Bearer sk-test')
      expect(JSON.stringify(emulator.requests())).not.toContain('sk-test')
    })

    test('is priced where every price is known, and in no other case', async () => {
      const { pipeline } = await studio({ 'a.image.yaml': MIXED }, newest)
      const { images, plan } = await pipeline.survey()
      const usd = (name: string): number | null | undefined =>
        images.get(`a.image.yaml#${name}`)?.usd
      expect([usd('kira'), usd('again')]).toEqual([0.0035, 0.0035])
      expect([usd('boat'), usd('gull'), usd('dune')]).toEqual([null, null, null])
      expect(plan.summary.usd).toBeNull()
      const priced = pipeline.select(await pipeline.survey(), ['kira'])
      expect(priced.summary).toMatchObject({ requests: 1, usd: 0.0035 })
    })
  })

  describe('a setting that the model ignores', () => {
    test.each(['v2', 'v3', 'newest'])('is a warning that names the entry (%s)', async (model) => {
      const { pipeline } = await studio(
        {
          'a.image.yaml': `images: { boat: { model: ${model}, prompt: A boat, size: 64x64, seed: 7 } }`,
        },
        newest,
      )
      const { report, events } = await generateAll(pipeline)
      expect(report.generated).toEqual(['a.image.yaml#boat'])
      expect(events.filter(({ kind }) => kind === 'warning')).toEqual([
        {
          kind: 'warning',
          message: `${model}: the model does not take \`seed\` and ignored it (a.image.yaml:1 boat)`,
        },
      ])
    })
  })

  describe('a reference that the model cannot take', () => {
    // Specification v2 has no field for pictures; v4 lets a model say that it takes none.
    test.each(['v2', ...(newest.version === 'v4' ? ['newest-dall-e-3'] : [])])(
      'is an error at its place, before anything is spent (%s)',
      async (model) => {
        const { pipeline, openai, emulator } = await studio(
          {
            'a.image.yaml': [
              'images:',
              '  kira: { prompt: Kira }',
              '  boat:',
              `    model: ${model}`,
              '    prompt: Kira in a boat',
              '    size: 64x64',
              '    references: ["#kira"]',
            ].join('\n'),
          },
          newest,
        )
        const { problems } = await pipeline.survey()
        expect(summaries([...problems.values()].flat())).toEqual([
          `a.image.yaml:7:17 boat: ${model} takes no references.`,
        ])
        await expect(pipeline.fulfil(new AbortController().signal)).rejects.toThrow(
          /a\.image\.yaml:7:17.*takes no references/s,
        )
        expect(openai.received).toEqual([])
        expect(emulator.stats().requests).toBe(0)
      },
    )
  })

  describe('more candidates than one call may ask for', () => {
    test.each([
      ['gpt-image-1', 'v2', 12, [10, 2]],
      ['gpt-image-1', 'newest', 11, [10, 1]],
      ['dall-e-3', 'dall-e-3', 3, [1, 1, 1]],
    ])('%s (%s): %i in the requests that the plan announced', async (_, model, n, expected) => {
      const { pipeline, openai, receipts } = await studio(
        {
          'a.image.yaml': `images: { boat: { model: ${model}, prompt: A boat, size: 64x64, n: ${n} } }`,
        },
        newest,
      )
      const { survey, report } = await generateAll(pipeline)
      expect(survey.plan.summary).toMatchObject({ requests: expected.length, pictures: n })
      expect(report.failures).toEqual([])
      expect(openai.received.map(({ body }) => askedFor(body).n)).toEqual(expected)
      expect(new Set(receipts('boat').map(({ sha256 }) => sha256)).size).toBe(n)
    })
  })
}
