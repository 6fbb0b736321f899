import { describe, expect, test } from 'vitest'
import type { GenerateEvent } from '../../../src/generate/event.ts'
import type { ImageModel } from '../../../src/model/image-model.ts'
import { generateAll, statesOf } from '../../generate/running.ts'
import {
  serveImages,
  type Dialect,
  type ImageService,
  type ServiceFault,
} from './image-services.ts'
import { drawPicture } from './openai-images.ts'
import { providerProject, type ProviderProject } from './provider-project.ts'
import type { Pipeline } from '../../../src/pipeline.ts'

/** A real provider package, and how its service speaks. */
export interface TestedProvider {
  readonly create: (url: string) => ImageModel
  readonly dialect: Dialect
  /** What asks for a wide picture: `size: 96x64`. */
  readonly shape: string
  /** Of the pictures that this asks for. */
  readonly drawn: { readonly width: number; readonly height: number }
  /** Reference pictures that it sends; 0: it takes none. */
  readonly references: number
  /** Whether the provider warns that it ignores a seed. */
  readonly ignoresSeed: boolean
  /** How many images it says that one call may ask for. */
  readonly perCall: number
}

interface Row {
  readonly service: ImageService
  readonly project: ProviderProject
  readonly pipeline: Pipeline
  /** A pipeline as the next process has it. */
  readonly again: () => Promise<Pipeline>
  readonly run: () => ReturnType<typeof generateAll>
}

/** Every row asserts the service's own count against what we say was spent. */
export function describeFaults(name: string, provider: TestedProvider): void {
  const open = async (
    faults: ReadonlyArray<ServiceFault | undefined>,
    more = '',
    budget: object = { images: 30 },
  ): Promise<Row> => {
    const service = await serveImages(provider.dialect, faults)
    const project = await providerProject({
      'a.image.yaml': `images: { a: { prompt: A, model: m, ${provider.shape}${more} } }`,
      'one.png': await drawPicture({ width: 24, height: 24 }, 1),
      'two.png': await drawPicture({ width: 24, height: 24 }, 2),
    })
    const again = (): Promise<Pipeline> =>
      project.open({ m: provider.create(service.url) }, { budget })
    const pipeline = await again()
    return { service, project, pipeline, again, run: () => generateAll(pipeline) }
  }

  const expectCounted = ({ pipeline, service }: Row): void => {
    const { requests, pictures } = pipeline.budget.spent()
    expect({ requests, pictures }).toEqual({
      requests: service.requests().length,
      pictures: service.billable(),
    })
  }

  describe(`${name} against its service`, () => {
    test('draws what was asked for', async () => {
      const row = await open([undefined])
      const { report } = await row.run()
      expect(report.failures).toEqual([])
      expect(row.project.receipts()).toMatchObject([{ ...provider.drawn, usd: null }])
      expect(row.service.billable()).toBe(1)
      expectCounted(row)
    })

    if (provider.references > 0)
      test('sends reference pictures', async () => {
        const names = ['./one.png', './two.png'].slice(0, provider.references)
        const row = await open([undefined], `, references: [${names.join(', ')}]`)
        const { report } = await row.run()
        expect(report.failures).toEqual([])
        expect(row.service.requests()).toMatchObject([{ references: provider.references }])
        expect(row.project.receipts()[0]?.inputs).toHaveLength(provider.references)
        expectCounted(row)
      })

    if (provider.references === 0)
      test('refuses reference pictures unpaid', async () => {
        const row = await open([undefined], ', references: [./one.png]')
        const { report, survey } = await row.run()
        expect(report.failures.length + survey.problems.size).toBe(1)
        expect(row.service.requests()).toEqual([])
        expectCounted(row)
      })

    test('warns of a seed that it ignores, or sends it', async () => {
      const row = await open([undefined], ', seed: 7')
      const { report, events } = await row.run()
      expect(report.failures).toEqual([])
      const warned = warningsIn(events).filter((message) => message.includes('`seed`'))
      expect(warned).toHaveLength(provider.ignoresSeed ? 1 : 0)
      const sent = row.service.received.find(({ method }) => method === 'POST')
      expect(/seed\W+7\b/.test(sent?.body ?? '')).toBe(!provider.ignoresSeed)
      expectCounted(row)
    })

    test.each<[string, number, string]>([
      ['a bad request', 400, 'This is not allowed.'],
      [
        'a prompt that its safety system refuses',
        400,
        'Your request was rejected by the safety system.',
      ],
      ['a wrong key', 401, 'Incorrect API key.'],
      ['an account without money', 402, 'Payment required.'],
      ['a key without rights', 403, 'Forbidden.'],
      ['a model that is gone', 404, 'The model does not exist.'],
    ])('is refused for %s (%d): nothing is counted', async (_, status, message) => {
      const row = await open([{ kind: 'refuses', status, message }])
      const { report } = await row.run()
      expect(report.failures).toMatchObject([{ code: `http-${status}` }])
      expect(report.failures[0]?.problem.message).toContain(message)
      expect(row.pipeline.budget.spent()).toEqual({ requests: 1, pictures: 0, usd: 0 })
      expectCounted(row)
    })

    test('is asked again after the pause of a 429, which counts nothing', async () => {
      const row = await open([
        { kind: 'refuses', status: 429, message: 'Slow down.', retryAfter: '0.05' },
        undefined,
      ])
      const { report } = await row.run()
      expect(report.failures).toEqual([])
      expect(row.service.requests()).toHaveLength(2)
      expect(row.service.billable()).toBe(1)
      expectCounted(row)
    })

    test('is asked again after a 500, which may have been billed', async () => {
      const row = await open([{ kind: 'refuses', status: 500, message: 'Oops.' }, undefined])
      const { report } = await row.run()
      expect(report.failures).toEqual([])
      expect(row.service.billable()).toBe(2)
      expectCounted(row)
    })

    test.each([502, 503])(
      'names a page of a gateway (%d), which may have been billed',
      async (status) => {
        const row = await open([{ kind: 'page', status }], '', { images: 2 })
        const { report } = await row.run()
        expect(report.failures).toHaveLength(1)
        expect(row.service.requests()).toHaveLength(2)
        expectCounted(row)
      },
    )

    test('keeps a page that came in the place of an answer', async () => {
      const row = await open([{ kind: 'page', status: 200 }])
      const { report } = await row.run()
      expect(report.failures[0]?.problem.message).toContain('.imagegen/quarantine/')
      expect(row.service.requests()).toHaveLength(1)
      expectCounted(row)
    })

    test('counts a connection that broke', async () => {
      const row = await open([{ kind: 'breaks' }], '', { images: 1 })
      const { report } = await row.run()
      expect(report.failures).toHaveLength(1)
      expect(row.service.requests()).toHaveLength(1)
      expectCounted(row)
    })

    test('counts an answer without pictures, and is not asked again in the same run', async () => {
      const row = await open([{ kind: 'empty' }])
      const { report } = await row.run()
      expect(report.failures).toHaveLength(1)
      expect(row.service.requests()).toHaveLength(1)
      expectCounted(row)
    })

    if (provider.dialect.filtered !== undefined)
      test('counts a prompt that was filtered with an answer that looks well', async () => {
        const row = await open([{ kind: 'filters' }])
        const { report } = await row.run()
        expect(report.failures).toHaveLength(1)
        expect(row.service.requests()).toHaveLength(1)
        expectCounted(row)
      })

    test.each<[string, ServiceFault]>([
      ['of another shape', { kind: 'draws', width: 64, height: 64 }],
      ['that nobody can read', { kind: 'garbage' }],
    ])('pays once for a picture %s, however often it is run', async (_, fault) => {
      const row = await open([fault])
      const { report } = await row.run()
      expect(report.failures).toMatchObject([{ code: 'unusable' }])
      expectCounted(row)
      for (let run = 0; run < 2; run++) {
        const pipeline = await row.again()
        await generateAll(pipeline)
        expect(await statesOf(pipeline)).toEqual({ a: 'unusable' })
        expect(pipeline.budget.spent()).toMatchObject({ requests: 0, pictures: 0 })
      }
      expect(row.service.requests()).toHaveLength(1)
    })

    if (provider.perCall > 1)
      test('goes on one by one where it takes fewer than it says', async () => {
        const row = await open([{ kind: 'takes', most: 1 }], ', n: 3')
        const { report } = await row.run()
        expect(report.failures).toEqual([])
        expect(row.service.requests().filter(({ n }) => n === 1)).toHaveLength(3)
        expect(row.service.billable()).toBe(3)
        expectCounted(row)
      })

    if (provider.dialect.hasDownloads)
      test.each([404, 500])(
        'pays once where the picture cannot be fetched (%d), and keeps its address',
        async (status) => {
          const row = await open([{ kind: 'keeps', status }])
          const { report } = await row.run()
          expect(report.failures).toMatchObject([{ code: 'download', stopsRun: false }])
          expect(report.failures[0]?.problem.message).toContain('.imagegen/quarantine/')
          expect(row.service.requests()).toHaveLength(1)
          expectCounted(row)
        },
      )
  })
}

function warningsIn(events: readonly GenerateEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
}
