import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ModelError, type ImageModel, type ImageModelCall } from '../../src/model/image-model.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { temporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline, testEmulator } from './running.ts'

/** What a model does in its nth request, from 1: so many pictures, or an error. */
type Script = (request: number, asked: number) => number | Error

interface ScriptedModel {
  readonly model: ImageModel
  /** The `n` of every call, in order. */
  readonly asked: number[]
}

/** A model that draws plain pictures, no two alike, nine in a request at most. */
function scriptedModel(script: Script): ScriptedModel {
  const asked: number[] = []
  let drawn = 0
  const draw = async (): Promise<Uint8Array> => {
    const sharp = await loadSharp()
    const colour = { r: drawn % 256, g: drawn >> 8, b: 99 }
    drawn += 1
    return sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
      .png()
      .toBuffer()
  }
  const model: ImageModel = {
    specificationVersion: 'v3',
    provider: 'scripted.image',
    modelId: 'scripted-1',
    maxImagesPerCall: 9,
    price: 0.001,
    requestsPerMinute: 100_000,
    async doGenerate(call: ImageModelCall) {
      asked.push(call.n)
      const given = script(asked.length, call.n)
      if (given instanceof Error) throw given
      const images: Uint8Array[] = []
      while (images.length < given) images.push(await draw())
      return {
        images,
        warnings: [],
        response: { timestamp: new Date(), modelId: 'scripted-1', headers: undefined },
      }
    },
  }
  return { model, asked }
}

const empty = (): ModelError =>
  new ModelError('Every picture was refused.', {
    code: 'empty',
    retry: 'never',
    maybeBilled: true,
  })
const rateLimit = (): ModelError =>
  new ModelError('Too many requests.', { code: '1002', retry: 'rate-limit', retryAfter: 1 })

async function run(script: Script, n: number, images = 1000) {
  const { model, asked } = scriptedModel(script)
  const { root } = await temporaryProject({
    'a.image.yaml': `prompt: x\nalt: ""\nmodel: scripted\nn: ${n}`,
  })
  const pipeline = await openPipeline(root, {
    url: 'http://127.0.0.1:9',
    inline: { models: { scripted: model }, budget: { images } },
  })
  const { report } = await generateAll(pipeline)
  const there = readdirSync(path.join(root, '.imagegen')).filter((name) => name.endsWith('.png'))
  return { report, asked, there: there.length, message: report.failures[0]?.problem.message }
}

describe('an entry that wants 100 candidates', () => {
  test('gets them in as many requests as needed', async () => {
    const { report, asked, there } = await run((_, n) => n, 100)
    expect(report.failures).toEqual([])
    expect(there).toBe(100)
    expect(asked).toEqual([...Array.from({ length: 11 }, () => 9), 1])
  })

  test('gets them although every answer refuses some and the rate limit applies', async () => {
    const { report, asked, there } = await run(
      (request, n) => (request % 4 === 3 ? rateLimit() : Math.min(n, 4)),
      100,
    )
    expect(report.failures).toEqual([])
    expect(there).toBe(100)
    expect(asked.length).toBeGreaterThan(25)
  })

  test('gets them although single requests are refused as a whole', async () => {
    const { report, there } = await run(
      (request, n) => (request % 3 === 1 && request > 1 ? empty() : n),
      100,
    )
    expect(report.failures).toEqual([])
    expect(there).toBe(100)
  })

  test('keeps what came and says what happened after three refused requests in a row', async () => {
    const { asked, there, message } = await run((request, n) => (request > 2 ? empty() : n), 100)
    expect(asked).toHaveLength(5)
    expect(there).toBe(18)
    expect(message).toContain('refused every picture of 3 requests in a row')
    expect(message).toContain('18 of 100 candidates are there')
  })

  test('is not requested again if an answer has only known pictures, and the message does not blame refusals', async () => {
    const { asked, there, message } = await run((request, n) => (request > 3 ? 0 : n), 100)
    expect(asked).toHaveLength(4)
    expect(there).toBe(27)
    expect(message).toContain('answered with no picture')
    expect(message).toContain('27 of 100 candidates are there')
    expect(message).not.toContain('refused')
  })

  test('stops where the budget is used up, and the message says that', async () => {
    const { report, there, message } = await run((_, n) => Math.min(n, 5), 100, 110)
    expect(report.failures).toMatchObject([{ code: 'budget' }])
    expect(message).toContain('The budget of 110 images is used up')
    expect(there).toBeGreaterThan(50)
  })
})

test('MiniMax is asked in rounds of nine, each with a seed of its own, past partial refusals', async () => {
  const emulator = await testEmulator({
    faults: [
      { kind: 'partial', refused: 6, times: 3 },
      { kind: 'empty', nth: 5 },
    ],
  })
  const { root } = await temporaryProject({
    'a.image.yaml': 'prompt: x\nalt: ""\nsize: 512x512\nn: 30',
  })
  const pipeline = await openPipeline(root, { ...emulator, inline: { budget: { images: 100 } } })
  const { report } = await generateAll(pipeline)
  expect(report.failures).toEqual([])
  const receipts = readdirSync(path.join(root, '.imagegen'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(path.join(root, '.imagegen', name), 'utf8')) as object)
  expect(receipts).toHaveLength(30)
  const sent = emulator.requests().map(({ body }) => body as { n: number; seed: number })
  expect(sent.map(({ n }) => n)).toEqual([9, 9, 9, 9, 9, 9, 3])
  // The refused round is asked again with its seed; every other request has one of its own.
  expect(new Set(sent.map(({ seed }) => seed)).size).toBe(sent.length - 1)
})
