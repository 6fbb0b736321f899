import { generateImage } from 'ai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../../src/emulator/index.ts'
import { minimax } from '../../../src/model/minimax/minimax.ts'
import { drawPlaceholder } from '../../../src/model/placeholder.ts'
import { sniffMediaType } from '../../../src/pixels/media-type.ts'
import { openImage } from '../../../src/pixels/sharp.ts'
import { plainCall } from '../loopback.ts'

// The SDK prints warnings on the console; here they are looked at.
globalThis.AI_SDK_LOG_WARNINGS = false

const KEY = 'sk-secret-key'

async function emulate(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ apiKey: KEY, rpm: 0, ...options })
  onTestFinished(() => emulator.close())
  return emulator
}

function modelOf(emulator: Emulator, modelId = 'image-01'): ReturnType<typeof minimax> {
  return minimax(modelId, { apiKey: KEY, host: emulator.url })
}

describe('against the emulator', () => {
  test('a call gives pictures of the shape that was asked for', async () => {
    const emulator = await emulate()
    const result = await modelOf(emulator).doGenerate({
      ...plainCall,
      n: 2,
      aspectRatio: '16:9',
      seed: 7,
    })
    expect(result.images).toHaveLength(2)
    for (const image of result.images) {
      const bytes = Buffer.from(image, 'base64')
      expect(sniffMediaType(bytes)).toBe('image/jpeg')
      expect(await (await openImage(bytes)).metadata()).toMatchObject({ width: 1280, height: 720 })
    }
    expect(result.providerMetadata.minimax).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      successCount: 2,
      failedCount: 0,
    })
  })

  test('references are taken, as bytes and as base64', async () => {
    const emulator = await emulate()
    const data = await drawPlaceholder({ width: 64, height: 64, label: 'kira' })
    for (const form of [data, Buffer.from(data).toString('base64')]) {
      const { images } = await modelOf(emulator).doGenerate({
        ...plainCall,
        size: '512x512',
        files: [{ type: 'file', mediaType: 'image/png', data: form }],
      })
      expect(images).toHaveLength(1)
    }
  })

  test('the style of image-01-live is taken', async () => {
    const emulator = await emulate()
    const { images } = await modelOf(emulator, 'image-01-live').doGenerate({
      ...plainCall,
      aspectRatio: '9:16',
      providerOptions: { minimax: { style: { type: '漫画', weight: 0.5 }, watermark: true } },
    })
    expect(images).toHaveLength(1)
  })

  test.each<[string, EmulatorOptions['faults'], object]>([
    ['1026', [{ kind: 'status', code: 1026 }], { retry: 'never' }],
    ['1008', [{ kind: 'status', code: 1008 }], { stopsRun: true }],
    ['http-502', [{ kind: 'http', status: 502 }], { retry: 'backoff' }],
    ['http-429', [{ kind: 'http', status: 429, retryAfter: 3 }], { retryAfter: 3000 }],
    ['network', [{ kind: 'reset' }], { maybeBilled: true }],
    ['malformed', [{ kind: 'truncated-json' }], { maybeBilled: true }],
    ['malformed', [{ kind: 'broken-base64' }], { responseBody: expect.any(String) }],
    ['malformed', [{ kind: 'endless' }], { retry: 'never' }],
    ['http-307', [{ kind: 'redirect' }], { stopsRun: true }],
    ['download', [{ kind: 'unsafe-url' }], { retry: 'never' }],
    ['empty', [{ kind: 'empty' }], { retry: 'never' }],
  ])('%s for %o', async (code, faults, expected) => {
    const emulator = await emulate({ faults: faults! })
    const call = modelOf(emulator).doGenerate({ ...plainCall })
    await expect(call).rejects.toMatchObject({ name: 'ModelError', code, ...expected })
  })

  test('a partial answer gives what there is', async () => {
    const emulator = await emulate({ faults: [{ kind: 'partial', refused: 1 }] })
    const { images, warnings } = await modelOf(emulator).doGenerate({ ...plainCall, n: 3 })
    expect(images).toHaveLength(2)
    expect(warnings).toHaveLength(1)
  })

  test('a wrong key, a passed rate and a prompt that is too long are told', async () => {
    const emulator = await emulate({ rpm: 1 })
    const wrong = minimax('image-01', { apiKey: 'sk-other-key', host: emulator.url })
    await expect(wrong.doGenerate({ ...plainCall })).rejects.toMatchObject({ stopsRun: true })
    emulator.reset()
    const model = modelOf(emulator)
    await expect(model.doGenerate({ ...plainCall, prompt: 'x'.repeat(1501) })).rejects.toThrow(
      /^MiniMax 2013: .*1500/,
    )
    emulator.reset()
    await model.doGenerate({ ...plainCall })
    await expect(model.doGenerate({ ...plainCall })).rejects.toMatchObject({ code: '1002' })
  })
})

describe("in the AI SDK's own generateImage", () => {
  test('gives pictures, metadata and warnings', async () => {
    const emulator = await emulate()
    const { images, providerMetadata, warnings } = await generateImage({
      model: modelOf(emulator, 'image-01-live'),
      prompt: 'A red kite',
      n: 2,
      size: '1024x1024',
      seed: 3,
      providerOptions: { minimax: { promptOptimizer: true } },
    })
    expect(images.map(({ mediaType }) => mediaType)).toEqual(['image/jpeg', 'image/jpeg'])
    expect(providerMetadata).toHaveProperty('minimax')
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'size' }])
    expect(emulator.requests()).toHaveLength(1)
    expect(emulator.requests()[0]!.body).toMatchObject({ n: 2, seed: 3, prompt_optimizer: true })
  })

  test('asks nine pictures a request, and takes pictures in the prompt as references', async () => {
    const emulator = await emulate()
    const data = await drawPlaceholder({ width: 64, height: 64, label: 'kira' })
    const { images } = await generateImage({
      model: modelOf(emulator),
      prompt: { text: 'Kira on a boat', images: [data] },
      n: 10,
      size: '512x512',
    })
    expect(images).toHaveLength(10)
    expect(emulator.requests().map(({ body }) => (body as { n: number }).n)).toEqual([9, 1])
    expect(emulator.requests()[0]!.body).toMatchObject({
      subject_reference: [{ type: 'character' }],
    })
  })

  test('fails with what MiniMax said', async () => {
    const emulator = await emulate({ faults: [{ kind: 'status', code: 1026 }] })
    const call = generateImage({ model: modelOf(emulator), prompt: 'x' })
    await expect(call).rejects.toThrow(/MiniMax 1026/)
    expect(emulator.requests()).toHaveLength(1)
  })
})
