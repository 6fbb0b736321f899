import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import type { ImageModel, ImageModelCall } from '../../src/model/image-model.ts'
import type { Pipeline } from '../../src/pipeline.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { sendJson, serve } from '../model/loopback.ts'
import { temporaryProject } from '../temporary-project.ts'
import { freshClone } from './fresh-clone.ts'
import { generateAll, openPipeline } from './running.ts'

let colour = 0

async function paint([width, height]: readonly [number, number]): Promise<string> {
  const sharp = await loadSharp()
  colour += 1
  const background = { r: colour % 256, g: (colour * 7) % 256, b: 99 }
  const image = sharp({ create: { width, height, channels: 3, background } })
  return (await image.png().toBuffer()).toString('base64')
}

/** A model of somebody else's, with what it was asked. */
function drawing(
  draw: (
    call: ImageModelCall,
    number: number,
  ) => Promise<{
    readonly image: string
    readonly warnings?: ReadonlyArray<Record<string, unknown>>
  }>,
  more: Partial<ImageModel> = {},
): { model: ImageModel; calls: ImageModelCall[] } {
  const calls: ImageModelCall[] = []
  const model: ImageModel = {
    specificationVersion: 'v3',
    provider: 'other.image',
    modelId: 'draws',
    maxImagesPerCall: 1,
    async doGenerate(call) {
      calls.push(call)
      const { image, warnings = [] } = await draw(call, calls.length)
      return {
        images: [image],
        warnings,
        response: { timestamp: new Date(), modelId: 'draws', headers: undefined },
      }
    },
    ...more,
  }
  return { model, calls }
}

async function projectWith(manifest: string, other: ImageModel) {
  const { root, write } = await temporaryProject({ 'a.image.yaml': manifest })
  const open = (folder = root) =>
    openPipeline(folder, { url: 'http://127.0.0.1:1', inline: { models: { other } } })
  return { root, write, open }
}

const five = (fields: string): string =>
  `defaults: { alt: "", model: other }\nimages:\n${['a', 'b', 'c', 'd', 'e']
    .map((name) => `  ${name}: { prompt: ${name}${fields} }\n`)
    .join('')}`

describe('gpt-image-1, asked for 16:9 as `imagegen init` does', () => {
  test.each([
    ['v2', [1536, 1024]],
    ['v2', [1024, 1024]],
    ['v3', [1536, 1024]],
    ['v3', [1024, 1024]],
  ] as const)(
    'costs one picture in all, however often it is run (%s, %j)',
    async (version, size) => {
      const server = await serve(async (response) =>
        sendJson(response, { created: 1, data: [{ b64_json: await paint(size) }] }),
      )
      const account = { baseURL: server.url, apiKey: 'sk-test-0123' }
      const model: ImageModel =
        version === 'v2'
          ? createOpenAIV2(account).image('gpt-image-1')
          : createOpenAIV3(account).image('gpt-image-1')
      const { open } = await projectWith(five(', aspectRatio: "16:9"'), model)
      for (let run = 0; run < 3; run++) {
        const { report } = await generateAll(await open())
        expect(report.generated).toEqual([])
        for (const { problem } of report.failures) {
          expect(problem.hint).toContain('`size: 1536x1024` and `output: { aspectRatio: 16:9 }`')
        }
        await expect((await open()).fulfil(new AbortController().signal)).rejects.toThrow(
          'size: 1536x1024',
        )
      }
      expect(server.received).toHaveLength(1)
    },
  )
})

describe('an answer that says what it ignored', () => {
  const FORMS: Record<string, (setting: string) => Record<string, unknown>> = {
    v2: (setting) => ({ type: 'unsupported-setting', setting }),
    v3: (feature) => ({ type: 'unsupported', feature, details: 'no' }),
    v4: (feature) => ({ type: 'unsupported', feature }),
  }
  test.each([
    ['v2', 'aspectRatio', ', aspectRatio: "1:1"'],
    ['v3', 'aspectRatio', ', aspectRatio: "1:1"'],
    ['v4', 'aspectRatio', ', aspectRatio: "1:1"'],
    ['v3', 'size', ', size: 64x64'],
    ['v2', 'seed', ', seed: 7'],
    ['v4', 'seed', ', seed: 7'],
    ['v3', 'files', ', references: ["https://example.com/a.png"]'],
  ])('stops what would be ignored, too (%s, %s)', async (version, setting, fields) => {
    const { model, calls } = drawing(async () => ({
      image: await paint([64, 64]),
      warnings: [FORMS[version]!(setting)],
    }))
    const { open } = await projectWith(five(fields), model)
    const { report } = await generateAll(await open())
    expect(calls).toHaveLength(1)
    expect(report.generated).toEqual(['a.image.yaml#a'])
    expect(report.failures).toHaveLength(4)
    expect(report.failures[0]).toMatchObject({ code: 'unusable' })
    expect(report.failures[0]?.problem.message).toContain(
      `ignores \`${setting === 'files' ? 'references' : setting}\``,
    )
  })

  test('does not stop what does not need it', async () => {
    const { model, calls } = drawing(async () => ({
      image: await paint([64, 64]),
      warnings: [{ type: 'unsupported', feature: 'seed' }],
    }))
    const { open } = await projectWith(
      five('')
        .replace('prompt: a ', 'prompt: a, seed: 7 ')
        .replace('prompt: e ', 'prompt: e, seed: 8 '),
      model,
    )
    const { report } = await generateAll(await open())
    expect(report.generated).toHaveLength(4)
    expect(report.failures.map(({ ids }) => ids)).toEqual([['a.image.yaml#e']])
    expect(calls).toHaveLength(4)
  })
})

describe('the first request of a run', () => {
  test('goes alone if the model declares no facts', async () => {
    let underWay = 0
    const atOnce: number[] = []
    const { model, calls } = drawing(async (_, number) => {
      underWay += 1
      // Long enough for the others, were they sent at once.
      const image = await paint(number === 1 ? [2000, 2000] : [64, 64])
      if (number === 1) atOnce.push(underWay)
      return { image }
    })
    const { open } = await projectWith(five(''), model)
    const { report } = await generateAll(await open())
    expect(report.failures).toEqual([])
    expect(calls).toHaveLength(5)
    expect(atOnce).toEqual([1])
  })

  test('goes with the others where facts are declared', async () => {
    let all: () => void = () => undefined
    const isAll = new Promise<void>((resolve) => (all = resolve))
    const { model, calls } = drawing(
      async (_, number) => {
        if (number === 5) all()
        await isAll
        return { image: await paint([64, 64]) }
      },
      { limits: { sizes: { min: 64, max: 64, multipleOf: 64 } } },
    )
    const { open } = await projectWith(five(', size: 64x64'), model)
    const { report } = await generateAll(await open())
    expect(report.failures).toEqual([])
    expect(calls).toHaveLength(5)
  })

  test('that fails is followed by one other, not by all', async () => {
    const { model, calls } = drawing(async (_, number) => {
      if (number === 1) throw new Error('not today')
      return { image: await paint(number === 2 ? [96, 64] : [64, 64]) }
    })
    const { open } = await projectWith(five(', aspectRatio: "1:1"'), model)
    const { report } = await generateAll(await open())
    expect(calls).toHaveLength(2)
    expect(report.generated).toEqual([])
    expect(report.failures).toHaveLength(5)
  })

  test('with an unreadable picture stops the other requests of its model, and of no other model', async () => {
    const { model, calls } = drawing(async () => ({ image: 'bm8gcGljdHVyZQ==' }))
    const { model: good } = drawing(async () => ({ image: await paint([64, 64]) }), {
      modelId: 'good',
    })
    const { root } = await temporaryProject({
      'a.image.yaml': `${five('')}  f: { prompt: f, model: good }\n`,
    })
    const pipeline = await openPipeline(root, {
      url: 'http://127.0.0.1:1',
      inline: { models: { other: model, good } },
    })
    const { report } = await generateAll(pipeline)
    expect(calls).toHaveLength(1)
    expect(report.generated).toEqual(['a.image.yaml#f'])
  })
})

test('a shape that a model has drawn before is requested although one answer was of another', async () => {
  const sizes = [
    [160, 90],
    [64, 64],
    [160, 90],
  ] as const
  const { model, calls } = drawing(async (_, number) => ({
    image: await paint(sizes[number - 1]!),
  }))
  const two =
    'defaults: { alt: "", model: other, aspectRatio: "16:9" }\nimages:\n  a: { prompt: a }\n  b: { prompt: b }\n'
  const { open, write } = await projectWith(two, model)
  const { report } = await generateAll(await open())
  expect(report.generated).toEqual(['a.image.yaml#a'])
  write({ 'a.image.yaml': `${two}  c: { prompt: c }\n` })
  const again = await generateAll(await open())
  expect(again.report.generated).toEqual(['a.image.yaml#c'])
  expect(calls).toHaveLength(3)
})

describe('a later plan', () => {
  const reasonsOf = async (pipeline: Pipeline): Promise<Record<string, string>> => {
    const { plan } = await pipeline.survey()
    return Object.fromEntries(
      plan.images.flatMap(({ entry, state, reason }) =>
        state === 'missing' ? [[entry.name, reason]] : [],
      ),
    )
  }

  test.each([
    ['aspectRatio', ', aspectRatio: "16:9"', 'aspectRatio: 16:9', '16:9'],
    ['size', ', size: 160x90', 'size: 160x90', '16:9'],
  ])(
    'says of the others what the run said, and what to write instead of `%s`',
    async (_, fields, written, ratio) => {
      const { model, calls } = drawing(async () => ({ image: await paint([64, 64]) }))
      const { open, root } = await projectWith(five(fields), model)
      const { report } = await generateAll(await open())
      const again = await generateAll(await open())
      expect(again.report.failures).toHaveLength(4)
      const cure = `Write \`size: 64x64\` and \`output: { aspectRatio: ${ratio} }\` instead of \`${written}\`.`
      for (const folder of [root, freshClone(root)]) {
        const reasons = await reasonsOf(await open(folder))
        expect(Object.keys(reasons)).toEqual(['b', 'c', 'd', 'e'])
        for (const { problem } of again.report.failures) {
          const [name = ''] = problem.message.split(':')
          const said = problem.message
            .slice(name.length + 2)
            .replace('No request was sent.', 'No run requests it.')
          expect(reasons[name]).toBe(`new; ${said} ${problem.hint}`)
          expect(reasons[name]).toContain(`other/draws does not draw \`${written}\``)
          expect(reasons[name]).toContain(cure)
        }
      }
      expect(report.generated).toEqual([])
      expect(calls).toHaveLength(1)
    },
  )

  test('says nothing of another shape, of another model, and of one that declares what it draws', async () => {
    const { model } = drawing(async () => ({ image: await paint([64, 64]) }))
    const wide = 'defaults: { alt: "", model: other }\nimages:\n'
    const { open, root, write } = await projectWith(
      `${wide}  a: { prompt: a, aspectRatio: "16:9" }\n`,
      model,
    )
    await generateAll(await open())
    write({
      'a.image.yaml': [
        `${wide}  b: { prompt: b }`,
        '  c: { prompt: c, aspectRatio: "1:1" }',
        '  d: { prompt: d, aspectRatio: "16:9", model: third }\n',
      ].join('\n'),
    })
    const { model: third } = drawing(async () => ({ image: await paint([64, 64]) }), {
      modelId: 'third',
    })
    const others = await openPipeline(root, {
      url: 'http://127.0.0.1:1',
      inline: { models: { other: model, third } },
    })
    expect(await reasonsOf(others)).toEqual({ b: 'new', c: 'new', d: 'new' })
    write({ 'a.image.yaml': `${wide}  b: { prompt: b, aspectRatio: "16:9" }\n` })
    const declared = await openPipeline(root, {
      url: 'http://127.0.0.1:1',
      inline: { models: { other: { ...model, limits: { aspectRatios: { '16:9': undefined } } } } },
    })
    expect(await reasonsOf(declared)).toEqual({ b: 'new' })
  })

  test('says that a model has only sent what is no picture, until it sends one', async () => {
    const { model, calls } = drawing(async (_, number) => ({
      image: number === 1 ? 'bm8gcGljdHVyZQ==' : await paint([64, 64]),
    }))
    const { open, root, write } = await projectWith(five(''), model)
    await generateAll(await open())
    for (const folder of [root, freshClone(root)]) {
      const reasons = await reasonsOf(await open(folder))
      expect(Object.keys(reasons)).toEqual(['b', 'c', 'd', 'e'])
      expect(reasons['b']).toContain(
        'new; other/draws answered with a picture that cannot be used (the bytes are not a picture)',
      )
    }
    const { report } = await generateAll(await open())
    expect(report.generated).toHaveLength(4)
    write({ 'a.image.yaml': `${five('')}  f: { prompt: f }\n` })
    expect(await reasonsOf(await open())).toEqual({ f: 'new' })
    expect(calls).toHaveLength(5)
  })
})
