import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bill, Started } from '../../src/studio/protocol-actions.ts'
import type { ImageProgress, Project, StudioEvent, WallPage } from '../../src/studio/protocol.ts'
import { eventOf, isRunOver } from './events-of.ts'
import { openStudio, type Answer, type OpenStudio, type OpenStudioSettings } from './opened.ts'

const TWO = 'images:\n  kira: { prompt: Kira, alt: "" }\n  sea: { prompt: The sea, alt: "" }\n'
const KIRA = 'cast.image.yaml#kira'
const SEA = 'cast.image.yaml#sea'

async function open(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openStudio({ files: { 'cast.image.yaml': TWO }, ...settings })
}

async function billOf({ post }: OpenStudio, ids: readonly string[]): Promise<Bill> {
  return (await post('/api/1/bill', { ids })).json<Bill>()
}

function agreementTo({ pictures, usd, digest }: Bill): Pick<Bill, 'pictures' | 'usd' | 'digest'> {
  return { pictures, usd, digest }
}

/** Agrees to the price, generates, and gives what was told until the run was over. */
async function generate(
  studio: OpenStudio,
  ids: readonly string[],
  onEvent: (event: StudioEvent) => unknown = () => undefined,
): Promise<{ readonly answer: Answer; readonly told: readonly StudioEvent[] }> {
  const bill = await billOf(studio, ids)
  const told: StudioEvent[] = []
  let answer: Answer | undefined
  await eventOf(studio, isRunOver, async (event) => {
    told.push(event)
    if (event.type === 'hello') {
      answer = await studio.post('/api/1/generate', { ids, agreed: agreementTo(bill) })
    }
    await onEvent(event)
  })
  if (answer === undefined) throw new Error('nothing was asked')
  return { answer, told }
}

function progressOf(told: readonly StudioEvent[], id: string): Array<ImageProgress['at']> {
  return told.flatMap((event) =>
    event.type === 'progress' && event.progress.id === id ? [event.progress.at] : [],
  )
}

function storedPictures({ project }: OpenStudio): string[] {
  return readdirSync(project.file('.imagegen')).filter((name) => /\.(?:jpe?g|png)$/.test(name))
}

describe('generating', () => {
  it('makes what was agreed, tells how far each image is, and shows it', async () => {
    const studio = await open()
    const { answer, told } = await generate(studio, [KIRA])
    expect(answer.json<Started>().run).toMatchObject({ by: 'studio', phase: 'running', total: 1 })
    expect(progressOf(told, KIRA)).toEqual(['waiting', 'asked', 'arrived', 'stored'])
    expect(told.filter(isRunOver)).toMatchObject([
      { run: { stored: 1, failed: 0, remaining: 0, problem: null } },
    ])
    expect(studio.emulator.stats().images).toBe(1)
    expect(storedPictures(studio)).toHaveLength(1)
    const { tiles } = (await studio.get('/api/1/wall')).json<WallPage>()
    expect(tiles).toMatchObject([
      { id: KIRA, state: 'current', candidates: 1, pick: 1, origin: 'provider' },
      { id: SEA, state: 'missing' },
    ])
    expect(tiles[0]?.thumbnail).toMatch(/^thumb-/)
  })

  it('tells open pages of the picture once it is there', async () => {
    const studio = await open()
    await studio.get('/api/1/wall')
    const { told } = await generate(studio, [KIRA])
    const changed = told.find(({ type }) => type === 'changed')
    const later = changed ?? (await eventOf(studio, ({ type }) => type === 'hello'))
    expect(later.type).toMatch(/changed|hello/)
    await expect
      .poll(async () => (await studio.get('/api/1/wall')).json<WallPage>().tiles[0]?.state)
      .toBe('current')
  })

  it.each<[what: string, change: (bill: Bill) => Partial<Bill>]>([
    ['another number of pictures', ({ pictures }) => ({ pictures: pictures + 1 })],
    ['another price', () => ({ usd: 0.001 })],
    ['no price', () => ({ usd: null })],
    ['other images', () => ({ digest: '0'.repeat(64) })],
  ])('spends nothing for %s than was seen', async (_, change) => {
    const studio = await open()
    const bill = await billOf(studio, [KIRA])
    const answer = await studio.post('/api/1/generate', {
      ids: [KIRA],
      agreed: { ...agreementTo(bill), ...change(bill) },
    })
    expect(answer.status).toBe(409)
    expect(answer.json()).toMatchObject({ error: { code: 'price-changed', bill: { pictures: 1 } } })
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it('spends nothing if the manifest was edited after the price was seen', async () => {
    const studio = await open()
    const bill = await billOf(studio, [KIRA])
    studio.project.write({
      'cast.image.yaml': TWO.replace('prompt: Kira', 'prompt: An older Kira'),
    })
    await expect
      .poll(async () => {
        const answer = await studio.post('/api/1/bill', { ids: [KIRA] })
        return answer.json<Bill>().digest === bill.digest
      })
      .toBe(false)
    const answer = await studio.post('/api/1/generate', { ids: [KIRA], agreed: agreementTo(bill) })
    expect(answer.status).toBe(409)
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it.each<[what: string, settings: Partial<OpenStudioSettings>, words: RegExp]>([
    ['over budget', { inline: { budget: { images: 1 } } }, /would pass the budget of 1 image/],
    ['in a mode without providers', { inline: { mode: 'frozen' } }, /mode is `frozen`/],
    ['without a key', { apiKey: '' }, /There is no API key.*MINIMAX_API_KEY/],
  ])('is refused %s, with what to do', async (_, settings, words) => {
    const studio = await open(settings)
    const bill = await billOf(studio, [KIRA, SEA])
    const answer = await studio.post('/api/1/generate', {
      ids: [KIRA, SEA],
      agreed: agreementTo(bill),
    })
    expect(answer.status).toBe(422)
    expect(answer.json<{ error: { message: string } }>().error.message).toMatch(words)
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it('says what the provider refused, in its words, and what to do', async () => {
    const studio = await open({ emulator: { faults: [{ kind: 'status', code: 1026 }] } })
    const { told } = await generate(studio, [KIRA])
    const failed = told.flatMap((event) =>
      event.type === 'progress' && event.progress.at === 'failed' ? [event.progress] : [],
    )
    expect(failed).toMatchObject([
      {
        id: KIRA,
        code: '1026',
        problem: {
          message: expect.stringMatching(/prompt is sensitive.*Reword the prompt/) as string,
          place: { file: 'cast.image.yaml', line: 2 },
        },
      },
    ])
  })

  it('has one run at a time, and stopping lets what is under way come home', async () => {
    const studio = await open({ emulator: { latency: 300 } })
    const other = await billOf(studio, [SEA])
    let second: Answer | undefined
    const { told } = await generate(studio, [KIRA], async (event) => {
      if (event.type !== 'progress' || event.progress.at !== 'asked') return
      second ??= await studio.post('/api/1/generate', { ids: [SEA], agreed: agreementTo(other) })
      await studio.post('/api/1/stop', {})
    })
    expect(second?.json()).toMatchObject({ error: { code: 'running' } })
    expect(told.some((event) => event.type === 'run' && event.run.phase === 'stopping')).toBe(true)
    expect(storedPictures(studio)).toHaveLength(1)
    expect(studio.emulator.stats().images).toBe(1)
    expect((await studio.get('/api/1/project')).json<Project>().run).toMatchObject({
      phase: 'done',
      stored: 1,
    })
  })

  it('keeps what was paid for when the studio is closed while a request is under way', async () => {
    const studio = await open({ emulator: { latency: 300 } })
    const bill = await billOf(studio, [KIRA])
    await eventOf(
      studio,
      (event) => event.type === 'progress' && event.progress.at === 'asked',
      async ({ type }) => {
        if (type === 'hello')
          await studio.post('/api/1/generate', { ids: [KIRA], agreed: agreementTo(bill) })
      },
    )
    expect(studio.studio.isBusy()).toBe(true)
    await studio.studio.close()
    expect(storedPictures(studio)).toHaveLength(1)
  })
})
