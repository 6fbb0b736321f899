import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describe, expect, test } from 'vitest'
import { imageModel } from '../../../src/model/declare-facts.ts'
import type { ImageModel, ImageModelFacts } from '../../../src/model/image-model.ts'
import type { Pipeline } from '../../../src/pipeline.ts'
import type { Problem } from '../../../src/shared/errors.ts'
import { formatProblem } from '../../../src/shared/errors.ts'
import { generateAll, statesOf } from '../../generate/running.ts'
import { summaries } from '../../manifest/reading.ts'
import { askedFor, serveOpenAiImages } from './openai-images.ts'
import { providerProject } from './provider-project.ts'

const FACTS = {
  price: ({ size }) => (size === '1024x1024' ? 0.042 : 0.063),
  seed: false,
  limits: { sizes: ['1024x1024', '1536x1024', '1024x1536'], references: { max: 2 } },
} satisfies ImageModelFacts

const versions = { v2: createOpenAIV2, v3: createOpenAIV3 }

function gptImage(url: string, version: keyof typeof versions = 'v3'): ImageModel {
  return versions[version]({ apiKey: 'sk-test', baseURL: url }).image('gpt-image-1')
}

async function problemsOf(pipeline: Pipeline): Promise<Problem[]> {
  const { problems } = await pipeline.survey()
  return [...problems.values()].flat()
}

describe('a model with declared sizes', () => {
  test.each(Object.keys(versions) as Array<keyof typeof versions>)(
    'is sent a ratio that a size has as that size, and the plan knows the price (%s)',
    async (version) => {
      const server = await serveOpenAiImages()
      const project = await providerProject({
        'a.image.yaml': `
defaults: { model: sketch }
images:
  wide: { prompt: A pier, aspectRatio: 3:2 }
  tall: { prompt: A tower, aspectRatio: 2:3 }
  square: { prompt: A stone, aspectRatio: 1:1 }
  exact: { prompt: A boat, size: 1536x1024 }
`,
      })
      const pipeline = await project.open({
        sketch: imageModel(gptImage(server.url, version), FACTS),
      })
      const { report, survey, events } = await generateAll(pipeline)
      expect(survey.plan.summary).toMatchObject({ pictures: 4, usd: 0.231 })
      expect(survey.plan.images.map(({ entry, made }) => [entry.name, made?.expected])).toEqual([
        ['wide', { width: 1536, height: 1024 }],
        ['tall', { width: 1024, height: 1536 }],
        ['square', { width: 1024, height: 1024 }],
        ['exact', { width: 1536, height: 1024 }],
      ])
      expect(report.failures).toEqual([])
      expect(pipeline.budget.spent()).toEqual({ requests: 4, pictures: server.drawn(), usd: 0.231 })
      expect(events.filter(({ kind }) => kind === 'warning')).toEqual([])
      expect(server.received.map((request) => askedFor(request).size).toSorted()).toEqual([
        '1024x1024',
        '1024x1536',
        '1536x1024',
        '1536x1024',
      ])
      const recipes = project.receipts().map(({ recipe }) => recipe)
      expect(recipes).toContainEqual(expect.objectContaining({ aspectRatio: '3:2' }))
      expect(recipes.filter((recipe) => 'size' in recipe)).toHaveLength(1)
      expect(
        project
          .receipts()
          .map(({ usd }) => String(usd))
          .toSorted(),
      ).toEqual(['0.042', '0.063', '0.063', '0.063'])
    },
  )

  test('refuses a ratio that none has, with the sizes and what to write, and sends nothing', async () => {
    const server = await serveOpenAiImages()
    const files = {
      'a.image.yaml': `
images:
  pier:
    model: sketch
    prompt: A pier
    aspectRatio: 16:9
  tower: { model: sketch, prompt: A tower, aspectRatio: 9:16 }
  stone: { model: sketch, prompt: A stone, aspectRatio: 6:5 }
`,
    }
    const pipeline = await (
      await providerProject(files)
    ).open({
      sketch: imageModel(gptImage(server.url), FACTS),
    })
    const problems = await problemsOf(pipeline)
    expect(summaries(problems)).toEqual([
      'a.image.yaml:6:18 pier: sketch does not draw 16:9.',
      'a.image.yaml:7:57 tower: sketch does not draw 9:16.',
      'a.image.yaml:8:57 stone: sketch does not draw 6:5.',
    ])
    expect(problems.map(({ hint }) => hint)).toEqual(
      ['16:9', '9:16', '6:5'].map(
        (ratio) =>
          `It draws 1024x1024, 1536x1024, 1024x1536. To crop one of its sizes, write in place of \`aspectRatio: ${ratio}\`:`,
      ),
    )
    expect(problems.map((problem) => formatProblem(problem).split('\n').slice(-2))).toEqual([
      ['      size: 1536x1024', '      output: { aspectRatio: 16:9 }'],
      ['      size: 1024x1536', '      output: { aspectRatio: 9:16 }'],
      ['      size: 1024x1024', '      output: { aspectRatio: 6:5 }'],
    ])
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toThrow(
      'output: { aspectRatio: 16:9 }',
    )
    expect(server.received).toEqual([])
  })

  test('draws what the message says to write', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': `
images:
  pier:
    model: sketch
    prompt: A pier
    size: 1536x1024
    output: { aspectRatio: 16:9 }
`,
    })
    const pipeline = await project.open(
      { sketch: imageModel(gptImage(server.url), FACTS) },
      // As `imagegen init` writes it.
      { defaults: { alt: '', aspectRatio: '16:9' } },
    )
    expect((await generateAll(pipeline)).report.failures).toEqual([])
    expect(await statesOf(pipeline)).toEqual({ pier: 'current' })
    expect(server.drawn()).toBe(1)
  })

  test.each([
    ['1536x1024', '3:2', '1536x1024'],
    // 1.5 against 1.514: just inside of 1 %.
    ['1536x1024', '53:35', '1536x1024'],
    ['1360x768', '16:9', '1360x768'],
    ['1792x1024', '16:9', undefined],
    ['1000x999', '1:1', '1000x999'],
  ] as const)('%s has the ratio %s: %s', async (size, aspectRatio, sent) => {
    const server = await serveOpenAiImages({ sizes: [size] })
    const project = await providerProject({
      'a.image.yaml': `images: { it: { model: m, prompt: A pier, aspectRatio: '${aspectRatio}' } }`,
    })
    const model = imageModel(gptImage(server.url), { limits: { sizes: [size] } })
    const pipeline = await project.open({ m: model })
    const problems = await problemsOf(pipeline)
    expect(problems).toHaveLength(sent === undefined ? 1 : 0)
    if (sent !== undefined) await generateAll(pipeline)
    expect(server.received.map((request) => askedFor(request).size)).toEqual(
      sent === undefined ? [] : [sent],
    )
  })

  test('takes the first of two sizes that have a ratio', async () => {
    const sizes = ['2048x2048', '1024x1024'] as const
    const server = await serveOpenAiImages({ sizes })
    const project = await providerProject({
      'a.image.yaml': 'images: { it: { model: m, prompt: A pier, aspectRatio: 1:1 } }',
    })
    const pipeline = await project.open({
      m: imageModel(gptImage(server.url), { limits: { sizes } }),
    })
    await generateAll(pipeline)
    expect(server.received.map((request) => askedFor(request).size)).toEqual(['2048x2048'])
  })

  test.each([
    ['size: 1000x1000', 'sketch does not draw 1000x1000.'],
    ['seed: 7', 'sketch takes no seed.'],
    ['references: [./a.png, ./b.png, ./c.png]', '3 references; sketch takes 2.'],
  ])('refuses `%s` at its place before anything is spent', async (field, said) => {
    const server = await serveOpenAiImages()
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
      'base64',
    )
    const line = `  it: { model: sketch, prompt: A pier, ${field} }`
    const project = await providerProject({
      'a.png': png,
      'b.png': png,
      'c.png': png,
      'a.image.yaml': `images:\n${line}\n`,
    })
    const pipeline = await project.open({ sketch: imageModel(gptImage(server.url), FACTS) })
    const column = line.indexOf(field) + field.indexOf(': ') + 3
    expect(summaries(await problemsOf(pipeline))).toEqual([`a.image.yaml:2:${column} it: ${said}`])
    expect(server.received).toEqual([])
  })
})

describe('facts', () => {
  test('never enter keys: what is paid for stays in use, whatever is declared later', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'face.png': Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
        'base64',
      ),
      'a.image.yaml': `
defaults: { model: sketch }
images:
  plain: { prompt: A pier }
  seeded: { prompt: A pier, seed: 7 }
  large: { prompt: A pier, size: 1536x1024 }
  shaped: { prompt: A pier, aspectRatio: 1:1 }
  optioned: { prompt: A pier, providerOptions: { quality: low } }
  scene: { prompt: A pier, references: [./face.png] }
`,
    })
    const model = gptImage(server.url)
    expect((await generateAll(await project.open({ sketch: model }))).report.failures).toEqual([])
    const paid = server.received.length
    const keys = async (declared: ImageModel): Promise<unknown> => {
      const { plan } = await (await project.open({ sketch: declared })).survey()
      return plan.images.map(({ entry, made, state }) => [entry.name, state, made?.key])
    }
    const before = await keys(model)
    const declarations: ImageModelFacts[] = [
      { price: 1, requestsPerMinute: 1, maxImagesPerCall: 1, seed: true },
      { seed: false, limits: { promptLength: 1, sizes: ['8x8'], references: false } },
      { limits: { n: 1, sizes: false, defaultAspectRatio: '3:2' } },
      { limits: { references: { types: ['style', 'face'], max: 1 } } },
      { limits: { providerOptions: () => ({ options: { quality: 'high', style: 'oil' } }) } },
      {
        limits: {
          defaultAspectRatio: '3:2',
          aspectRatios: { '3:2': { width: 1536, height: 1024 } },
        },
      },
    ]
    for (const facts of declarations) expect(await keys(imageModel(model, facts))).toEqual(before)
    for (const facts of declarations) {
      const pipeline = await project.open({ sketch: imageModel(model, facts) })
      const { report } = await generateAll(pipeline)
      expect(report.failures).toEqual([])
    }
    expect(server.received).toHaveLength(paid)
  })

  test('are held against what is asked for anew, too', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': 'images: { it: { model: m, prompt: A pier, seed: 7 } }',
    })
    const model = gptImage(server.url)
    await generateAll(await project.open({ m: model }))
    const pipeline = await project.open({ m: imageModel(model, { seed: false }) })
    expect(await statesOf(pipeline)).toEqual({ it: 'current' })
    project.loseOriginals()
    const survey = await pipeline.survey()
    expect(survey.problems.size).toBe(0)
    const { jobs } = pipeline.select(survey, [], { replace: 'it' })
    const { report } = await generateAll(pipeline, { choose: () => jobs })
    expect(report.failures).toMatchObject([
      { code: 'manifest', problem: { message: 'it: m takes no seed.' } },
    ])
    expect(await statesOf(pipeline)).toEqual({ it: 'unavailable' })
    expect(server.received).toHaveLength(1)
  })

  test('say what a picture with references costs', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': `
defaults: { model: sketch, size: 1024x1024 }
images:
  kira: { prompt: Kira }
  scene: { prompt: Kira at sea, references: ["#kira"] }
`,
    })
    const price: ImageModelFacts['price'] = ({ references }) => 0.04 + 0.01 * references
    const pipeline = await project.open({ sketch: imageModel(gptImage(server.url), { price }) })
    const { survey } = await generateAll(pipeline)
    expect(survey.plan.images.map(({ usd }) => usd)).toEqual([0.04, 0.05])
    expect(pipeline.budget.spent()).toEqual({ requests: 2, pictures: server.drawn(), usd: 0.09 })
    expect(project.receipts().map(({ usd }) => usd)).toEqual([0.04, 0.05])
  })

  test('with a price function that knows no price leave it unknown', async () => {
    const project = await providerProject({
      'a.image.yaml': 'images: { it: { model: m, prompt: A pier, size: 64x64 } }',
    })
    const pipeline = await project.open({
      m: imageModel(gptImage('http://127.0.0.1:9'), { price: () => undefined }),
    })
    expect((await pipeline.survey()).plan.summary.usd).toBeNull()
  })

  test('with a price function that fails are an error of the config, before anything is sent', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': 'images: { it: { model: m, prompt: A pier, size: 64x64 } }',
    })
    const price = (): number => {
      throw new Error('no such size')
    }
    const pipeline = await project.open({ m: imageModel(gptImage(server.url), { price }) })
    await expect(pipeline.survey()).rejects.toThrow(
      'models.m: `price` of {"size":"64x64","references":0}: it failed: no such size.',
    )
    expect(server.received).toEqual([])
  })

  test('of a budget in dollars stop a run before it passes it', async () => {
    const server = await serveOpenAiImages()
    const project = await providerProject({
      'a.image.yaml': `
defaults: { model: sketch, size: 1024x1024 }
images: { a: { prompt: A }, b: { prompt: B }, c: { prompt: C } }
`,
    })
    const pipeline = await project.open(
      { sketch: imageModel(gptImage(server.url), { price: 0.04 }) },
      { budget: { usd: 0.1 } },
    )
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toThrow(
      '3 pictures for 0.12 USD would pass the budget of 20 images or 0.1 USD',
    )
    expect(server.received).toEqual([])
  })
})
