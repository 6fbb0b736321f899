import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bill, BillRequest, PlanPage, Started } from '../../src/studio/protocol-actions.ts'
import type { ImageDetail } from '../../src/studio/protocol-image.ts'
import type { ImageProgress, Project, StudioEvent, WallPage } from '../../src/studio/protocol.ts'
import { eventOf, isRunOver } from './events-of.ts'
import { KEY, openStudio, type Answer, type OpenStudio, type OpenStudioSettings } from './opened.ts'

const TWO = 'images:\n  kira: { prompt: Kira, alt: "" }\n  sea: { prompt: The sea, alt: "" }\n'
const KIRA = 'cast.image.yaml#kira'
const SEA = 'cast.image.yaml#sea'

/** What is paid for again. */
type Renewal = Omit<BillRequest, 'ids'>

async function open(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openStudio({ files: { 'cast.image.yaml': TWO }, ...settings })
}

async function billOf(
  { post }: OpenStudio,
  ids: readonly string[],
  renewal: Renewal = {},
): Promise<Bill> {
  return (await post('/api/1/bill', { ids, ...renewal })).json<Bill>()
}

function agreementTo({ pictures, usd, digest }: Bill): Pick<Bill, 'pictures' | 'usd' | 'digest'> {
  return { pictures, usd, digest }
}

/** Agrees to the price, generates, and gives what was told until the run was over. */
async function generate(
  studio: OpenStudio,
  ids: readonly string[],
  onEvent: (event: StudioEvent) => unknown = () => undefined,
  renewal: Renewal = {},
): Promise<{ readonly answer: Answer; readonly told: readonly StudioEvent[] }> {
  const bill = await billOf(studio, ids, renewal)
  const told: StudioEvent[] = []
  let answer: Answer | undefined
  await eventOf(studio, isRunOver, async (event) => {
    told.push(event)
    if (event.type === 'hello') {
      const agreed = agreementTo(bill)
      answer = await studio.post('/api/1/generate', { ids, agreed, ...renewal })
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

  it('is over once open pages were told of the picture, so that another price counts it', async () => {
    const studio = await open()
    await studio.get('/api/1/wall')
    const { told } = await generate(studio, [KIRA])
    const changed = told.flatMap((event) => (event.type === 'changed' ? (event.ids ?? []) : []))
    expect(changed).toContain(KIRA)
    expect(told.at(-1)).toSatisfy(isRunOver)
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

const nothing = (): undefined => undefined

async function planOf({ get }: OpenStudio): Promise<PlanPage> {
  return (await get('/api/1/plan')).json<PlanPage>()
}

/** Removes one of the stored files. */
function lose({ project }: OpenStudio, isLost: (file: string) => boolean): void {
  for (const name of readdirSync(project.file('.imagegen')).filter(isLost)) {
    rmSync(project.file(`.imagegen/${name}`))
  }
}

describe('a lost original', () => {
  async function openLost(text = TWO): Promise<OpenStudio> {
    const studio = await openStudio({ files: { 'cast.image.yaml': text } })
    await generate(studio, [KIRA, SEA])
    lose(studio, (name) => /kira.*\.(?:jpe?g|png)$/.test(name))
    await expect
      .poll(async () => (await planOf(studio)).images)
      .toMatchObject([{ id: KIRA, state: 'unavailable', offer: 'replace', pictures: 0 }])
    return studio
  }

  it('is paid for again only as `replace`, and only once its own price was agreed to', async () => {
    const studio = await openLost()
    const usual = await billOf(studio, [KIRA])
    expect(usual).toMatchObject({ pictures: 0, requests: 0, usd: 0 })
    const again = await billOf(studio, [KIRA], { replace: true })
    expect(again).toMatchObject({ images: [KIRA], pictures: 1, requests: 1, usd: 0.0035 })
    const refused = [
      await studio.post('/api/1/generate', { ids: [KIRA], agreed: agreementTo(usual) }),
      await studio.post('/api/1/generate', { ids: [KIRA], agreed: agreementTo(again) }),
      await studio.post('/api/1/generate', {
        ids: [KIRA],
        replace: true,
        agreed: agreementTo(usual),
      }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([422, 409, 409])
    expect(studio.emulator.stats().images).toBe(2)
    await generate(studio, [KIRA], nothing, { replace: true })
    expect(studio.emulator.stats().images).toBe(3)
    expect((await planOf(studio)).images).toEqual([])
  })

  it('is the only one that can be replaced, one at a time', async () => {
    const studio = await openLost()
    const other = await studio.post('/api/1/bill', { ids: [SEA], replace: true })
    expect(other.status).toBe(422)
    expect(other.json()).toMatchObject({
      error: { message: expect.stringContaining(`${SEA} is current`) as string },
    })
    const agreed = agreementTo(await billOf(studio, [KIRA], { replace: true }))
    const both = { ids: [KIRA, SEA], replace: true, agreed }
    expect((await studio.post('/api/1/generate', both)).status).toBe(400)
    expect(studio.emulator.stats().images).toBe(2)
  })

  it('that `pick` names by its digest is not paid for: no new picture would fit', async () => {
    const studio = await openLost()
    const receipt = readdirSync(studio.project.file('.imagegen')).find((name) =>
      /kira.*\.json$/.test(name),
    )
    const { sha256 } = JSON.parse(
      readFileSync(studio.project.file(`.imagegen/${receipt}`), 'utf8'),
    ) as { sha256: string }
    studio.project.write({
      'cast.image.yaml': TWO.replace('Kira, alt', `Kira, pick: "${sha256.slice(0, 8)}", alt`),
    })
    await expect
      .poll(async () => (await studio.post('/api/1/bill', { ids: [KIRA], replace: true })).json())
      .toMatchObject({ error: { hint: expect.stringContaining('Remove `pick` first') as string } })
    expect(studio.emulator.stats().images).toBe(2)
  })
})

it('an outdated image is paid for again only as `outdated`', async () => {
  const scene = 'cast.image.yaml#scene'
  const text = `images:
  kira: { prompt: Kira, alt: "", n: 2 }
  scene: { prompt: Her at sea, alt: "", references: ["#kira"] }
`
  const studio = await openStudio({ files: { 'cast.image.yaml': text } })
  await generate(studio, [scene])
  expect(studio.emulator.stats().images).toBe(3)
  // The candidate in use goes: the other takes its place under the same key.
  const { candidates } = (
    await studio.get(`/api/1/image?id=${encodeURIComponent(KIRA)}`)
  ).json<ImageDetail>()
  const used = candidates.find(({ picked }) => picked)?.sha256 ?? ''
  lose(studio, (name) => name.includes(used.slice(0, 8)))
  studio.project.write({ 'cast.image.yaml': text.replace(', n: 2', '') })
  await expect
    .poll(async () => (await planOf(studio)).images)
    .toMatchObject([{ id: scene, state: 'outdated', offer: 'outdated', pictures: 0 }])

  const usual = await billOf(studio, [scene])
  expect(usual).toMatchObject({ images: [], pictures: 0, usd: 0 })
  const answer = await studio.post('/api/1/generate', {
    ids: [scene],
    agreed: agreementTo(usual),
  })
  expect(answer.json()).toMatchObject({
    error: { code: 'refused', message: 'Nothing is missing.' },
  })
  expect(studio.emulator.stats().images).toBe(3)

  expect(await billOf(studio, [scene], { outdated: true })).toMatchObject({
    images: [scene],
    pictures: 1,
    usd: 0.0035,
  })
  await generate(studio, [scene], nothing, { outdated: true })
  expect(studio.emulator.stats().images).toBe(4)
  expect((await planOf(studio)).images).toEqual([])
})

describe('a config that is edited while the studio runs', () => {
  const CONFIG = 'imagegen.config.json'
  const config = (options: object): Record<string, string> => ({
    [CONFIG]: JSON.stringify(options),
  })
  const openWith = async (
    options: object,
    settings: Partial<OpenStudioSettings> = {},
  ): Promise<OpenStudio> =>
    openStudio({ files: { 'cast.image.yaml': TWO, ...config(options) }, ...settings })

  it('takes effect, and what was spent stays counted', async () => {
    const studio = await openWith({ budget: { images: 1 } })
    studio.project.write({ 'old.image.yaml': 'prompt: old\nalt: ""\n' })
    await generate(studio, [KIRA])
    studio.project.write(config({ budget: { images: 1 }, exclude: ['old.image.yaml'] }))
    await expect.poll(async () => (await planOf(studio)).total).toBe(1)
    expect((await planOf(studio)).budget).toMatchObject({
      images: 1,
      spent: { pictures: 1 },
      imagesLeft: 0,
    })
    const later = { ids: [SEA], agreed: agreementTo(await billOf(studio, [SEA])) }
    expect((await studio.post('/api/1/generate', later)).status).toBe(422)
    expect(studio.emulator.stats().images).toBe(1)
    // Another limit is a new agreement.
    studio.project.write(config({ budget: { images: 2 } }))
    await expect
      .poll(async () => (await planOf(studio)).budget)
      .toMatchObject({ images: 2, spent: { pictures: 0 }, imagesLeft: 2 })
    await generate(studio, [SEA])
    expect(studio.emulator.stats().images).toBe(2)
  })

  it('and is broken leaves the options before it in effect, says so, and is taken once it is whole', async () => {
    const studio = await openWith({ budget: { images: 5 } })
    expect((await planOf(studio)).budget).toMatchObject({ images: 5 })
    studio.project.write({ [CONFIG]: '{ "budget": ' })
    await expect
      .poll(async () => {
        await planOf(studio)
        return studio.problems.map(String)
      })
      .toMatchObject([expect.stringContaining(`${CONFIG} cannot be loaded`)])
    expect((await planOf(studio)).budget).toMatchObject({ images: 5 })
    const brokenNow = async (): Promise<string> =>
      JSON.stringify((await studio.get('/api/1/project')).json<Project>().broken)
    const broken = await brokenNow()
    expect(broken).toContain(`${CONFIG} cannot be loaded`)
    expect(broken).toContain('goes on with the options before it')
    studio.project.write(config({ budget: { images: 7 } }))
    await expect.poll(async () => (await planOf(studio)).budget.images).toBe(7)
    expect(await brokenNow()).toBe('[]')
  })

  it('is noticed where there was none, and when it goes', async () => {
    const studio = await openStudio({ files: { 'cast.image.yaml': TWO } })
    expect((await planOf(studio)).budget).toMatchObject({ images: 20 })
    studio.project.write(config({ budget: { images: 3 } }))
    await expect.poll(async () => (await planOf(studio)).budget.images).toBe(3)
    rmSync(studio.project.file(CONFIG))
    await expect.poll(async () => (await planOf(studio)).budget.images).toBe(20)
  })

  it('is noticed where a key is written into .env, and no answer holds the key', async () => {
    const studio = await openStudio({ files: { 'cast.image.yaml': TWO }, apiKey: '' })
    expect((await planOf(studio)).missingKeys).toMatchObject([{ variable: 'MINIMAX_API_KEY' }])
    studio.project.write({
      '.env': `MINIMAX_API_KEY=${KEY}\nMINIMAX_API_HOST=${studio.emulator.url}\n`,
    })
    await expect.poll(async () => (await planOf(studio)).missingKeys).toEqual([])
    await generate(studio, [KIRA])
    expect(studio.emulator.stats().images).toBe(1)
    expect((await studio.get('/api/1/project')).text).not.toContain(KEY)
  })

  it('does not disturb the run under way', async () => {
    const studio = await openWith({ budget: { images: 5 } }, { emulator: { latency: 300 } })
    const { told } = await generate(studio, [KIRA, SEA], async (event) => {
      if (event.type !== 'progress' || event.progress.at !== 'asked') return
      studio.project.write(config({ budget: { images: 6 } }))
      await studio.get('/api/1/plan')
    })
    expect(told.filter(isRunOver)).toMatchObject([{ run: { stored: 2, failed: 0, problem: null } }])
    await expect.poll(async () => (await planOf(studio)).budget.images).toBe(6)
    expect((await planOf(studio)).images).toEqual([])
    expect(storedPictures(studio)).toHaveLength(2)
  })
})
