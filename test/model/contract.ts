import { describe, expect, test } from 'vitest'
import type { ImageModel, ImageModelResult } from '../../src/model/image-model.ts'
import { resolveModel } from '../../src/model/resolved-model.ts'
import { describeWarning } from '../../src/model/warning.ts'
import { plainCall, sendJson, serve } from './loopback.ts'

/** How a provider's service is imitated, so that any model can be held against the contract. */
export interface ModelUnderTest {
  /** The model, with the loopback server as its service. */
  readonly create: (url: string) => ImageModel
  /** A good answer of the service with these pictures, in base64. */
  readonly answer: (pictures: readonly string[]) => unknown
  /** How many pictures a request body asks for. */
  readonly count: (body: string) => number
}

/** OpenAI's service, whatever the specification of the model. */
export const OPENAI: Pick<ModelUnderTest, 'answer' | 'count'> = {
  answer: (pictures) => ({
    created: 1,
    data: pictures.map((picture) => ({ b64_json: picture })),
  }),
  count: (body) => (JSON.parse(body) as { n: number }).n,
}

const PICTURES = ['kite', 'dune', 'gull'].map((name) => Buffer.from(name).toString('base64'))

/** What the pipeline relies on, whoever wrote the model. */
export function describeImageModel(name: string, { create, answer, count }: ModelUnderTest): void {
  describe(`${name} as an image model`, () => {
    test('can be resolved', async () => {
      const resolved = await resolveModel('any', create('http://127.0.0.1:9'))
      expect(resolved.provider).toMatch(/^[a-z]+$/)
      expect(resolved.modelId).not.toBe('')
      expect(resolved.maxImagesPerCall).toBeGreaterThanOrEqual(1)
    })

    test('asks for n pictures in one request and gives them in the order of the answer', async () => {
      const server = await serve((response) => sendJson(response, answer(PICTURES)))
      const result = await create(server.url).doGenerate({ ...plainCall, n: 3 })
      expect(bytesOf(result)).toEqual(['kite', 'dune', 'gull'])
      expect(server.received).toHaveLength(1)
      expect(count(server.received[0]!.body)).toBe(3)
      expect(server.received[0]!.body).toContain(plainCall.prompt)
    })

    test('says when and by which model, and hands on the headers', async () => {
      const server = await serve((response) =>
        sendJson(response, answer([PICTURES[0]!]), 200, { 'trace-id': 'abc' }),
      )
      const before = Date.now()
      const model = create(server.url)
      const { response } = await model.doGenerate({ ...plainCall })
      expect(response.timestamp.getTime()).toBeGreaterThanOrEqual(before)
      expect(response.modelId).toBe(model.modelId)
      expect(response.headers).toMatchObject({ 'trace-id': 'abc' })
    })

    test('warns in a form that can be shown', async () => {
      const server = await serve((response) => sendJson(response, answer([PICTURES[0]!])))
      const { warnings } = await create(server.url).doGenerate({
        ...plainCall,
        aspectRatio: '1:1',
        size: '1024x1024',
        seed: 7,
      })
      expect(warnings.length).toBeGreaterThan(0)
      for (const warning of warnings) expect(describeWarning(warning)).toMatch(/`\w+`/)
    })

    test('ends as soon as it is told to', async () => {
      const controller = new AbortController()
      const server = await serve(() => controller.abort())
      const call = create(server.url).doGenerate({ ...plainCall, abortSignal: controller.signal })
      await expect(call).rejects.toThrow(/abort/i)
      expect(server.received).toHaveLength(1)
    })

    test('sends nothing where it was told to stop before', async () => {
      const server = await serve((response) => sendJson(response, answer(PICTURES)))
      const call = create(server.url).doGenerate({ ...plainCall, abortSignal: AbortSignal.abort() })
      await expect(call).rejects.toThrow(/abort/i)
      expect(server.received).toHaveLength(0)
    })

    test('fails, without asking again by itself, where the service does', async () => {
      const server = await serve((response) => sendJson(response, { error: 'down' }, 503))
      await expect(create(server.url).doGenerate({ ...plainCall })).rejects.toThrow()
      expect(server.received).toHaveLength(1)
    })
  })
}

function bytesOf({ images }: ImageModelResult): string[] {
  return images.map((image) =>
    (typeof image === 'string' ? Buffer.from(image, 'base64') : Buffer.from(image)).toString(),
  )
}
