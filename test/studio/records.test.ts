import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ChangeCheck, Refusal } from '../../src/studio/protocol-actions.ts'
import type {
  HistoryPage,
  LeftOverPage,
  Moved,
  SpendPage,
} from '../../src/studio/protocol-records.ts'
import { wordChanges } from '../../src/studio/views/word-changes.ts'
import { png } from '../bundlers/sandbox.ts'
import { changeTo, detailOf, generate } from './changing.ts'
import { eventOf, isRunOver } from './events-of.ts'
import { openStudio, pictureAddress, type OpenStudio, type OpenStudioSettings } from './opened.ts'

const FILE = 'cast.image.yaml'
const ID = `${FILE}#kira`

/** With comments, quotes and an order that have to stay. */
const CAST = `# The cast.
vars: { look: flat vector }
images:
  kira: # the heroine
    alt: 'Kira'
    prompt: "Portrait of Kira, \${look}"   # keep
`

const PRICE = 0.0035

async function open(text = CAST, settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  const studio = await openStudio({ files: { [FILE]: text }, ...settings })
  await generate(studio, ID)
  return studio
}

async function historyOf({ get }: OpenStudio, id = ID, more = ''): Promise<HistoryPage> {
  return (await get(`/api/1/history?id=${encodeURIComponent(id)}${more}`)).json<HistoryPage>()
}

async function spendOf({ get }: OpenStudio, query = ''): Promise<SpendPage> {
  return (await get(`/api/1/spend${query}`)).json<SpendPage>()
}

async function leftOverOf({ get }: OpenStudio, query = ''): Promise<LeftOverPage> {
  return (await get(`/api/1/left-over${query}`)).json<LeftOverPage>()
}

async function edit(studio: OpenStudio, fields: object, id = ID): Promise<void> {
  await changeTo(studio, { kind: 'edit', fields }, id)
}

async function checkOf(studio: OpenStudio, change: object, id = ID): Promise<ChangeCheck> {
  const { digest } = await detailOf(studio, id)
  return (await studio.post('/api/1/check', { id, digest, change })).json<ChangeCheck>()
}

function textOf({ project }: OpenStudio): string {
  return readFileSync(project.file(FILE), 'utf8')
}

interface Back {
  readonly kind: 'back'
  readonly key: string
  readonly sha256: string
}

/** The change that goes back to a picture of a step. */
function backTo({ steps }: HistoryPage, step: number, picture = 0): Back {
  const { key = '', pictures = [] } = steps[step] ?? {}
  return { kind: 'back', key, sha256: pictures[picture]?.sha256 ?? '' }
}

/** What a prompt was, and what it is. */
function sides(parts: HistoryPage['steps'][number]['prompt']): readonly [string, string] {
  const of = (side: string): string =>
    parts.flatMap(({ text, is }) => (is === 'same' || is === side ? text : [])).join('')
  return [of('removed'), of('added')]
}

describe('history', () => {
  const PROMPTS = ['Kira at sea', 'Kira at night, sad', 'A ${lighthouse} at $${night}'] as const

  it('goes back to each of three earlier prompts for the price that it offered', async () => {
    const studio = await open()
    for (const prompt of PROMPTS) {
      await edit(studio, { prompt: prompt.replaceAll('${', () => '$${') })
      await generate(studio, ID)
    }
    const before = studio.emulator.stats().images
    expect(before).toBe(4)
    const history = await historyOf(studio)
    const prompts = [...PROMPTS.toReversed(), 'Portrait of Kira, flat vector']
    expect(history.steps.map(({ prompt }) => sides(prompt)[1])).toEqual(prompts)
    expect(history.steps.map(({ isNow }) => isNow)).toEqual([true, false, false, false])
    const times = history.steps.map(({ time }) => time)
    expect(times).toEqual(times.toSorted().reverse())
    for (const step of [3, 0, 2, 1]) {
      const back = backTo(history, step)
      const { after } = await checkOf(studio, back)
      expect(after).toMatchObject({
        key: back.key,
        state: 'current',
        bill: { pictures: 0, usd: 0 },
      })
      await changeTo(studio, back, ID)
      const { prompt, tile } = await detailOf(studio, ID)
      expect(prompt.value).toBe(prompts[step])
      expect(tile).toMatchObject({ state: 'current', usd: 0 })
      const { steps } = await historyOf(studio)
      expect(steps.map(({ isNow }) => isNow)).toEqual(steps.map((_, index) => index === step))
      expect(steps[step]?.pictures).toMatchObject([{ sha256: back.sha256, inUse: true }])
      expect(textOf(studio)).toMatch(/^# The cast\.\n[^]*kira: # the heroine\n {4}alt: 'Kira'\n/)
    }
    expect(studio.emulator.stats().images).toBe(before)
    expect((await spendOf(studio)).total).toMatchObject({ pictures: 4, usd: 4 * PRICE })
  })

  it('escapes what would be a variable, and is undone to the same bytes', async () => {
    const studio = await open(CAST.replace('${look}"', () => 'a $${look}"'))
    await edit(studio, { prompt: 'Kira' })
    const text = textOf(studio)
    const { undo } = await changeTo(studio, backTo(await historyOf(studio), 0), ID)
    expect(textOf(studio)).toContain('"Portrait of Kira, a $${look}"')
    expect((await detailOf(studio, ID)).prompt.value).toBe('Portrait of Kira, a ${look}')
    expect((await studio.post('/api/1/undo', { undo })).status).toBe(200)
    expect(textOf(studio)).toBe(text)
  })

  it('brings back seed, shape and revision, and the very picture', async () => {
    const studio = await open(`${CAST}    n: 2\n    seed: 7\n`)
    const text = textOf(studio)
    const [first] = (await historyOf(studio)).steps
    await edit(studio, { seed: null, aspectRatio: '16:9', prompt: 'Kira, wide' })
    await changeTo(studio, { kind: 'reroll' }, ID)
    expect(textOf(studio)).toMatch(/revision: 1/)
    const older = first?.pictures.find(({ inUse }) => !inUse)?.sha256 ?? ''
    const back = { kind: 'back', key: first?.key ?? '', sha256: older }
    expect((await checkOf(studio, back)).after).toMatchObject({
      key: back.key,
      bill: { pictures: 0 },
    })
    await changeTo(studio, back, ID)
    expect(textOf(studio)).not.toContain('revision')
    expect((await detailOf(studio, ID)).candidates).toMatchObject([
      { picked: false },
      { picked: true, sha256: older },
    ])
    await changeTo(
      studio,
      {
        kind: 'back',
        key: back.key,
        sha256: first?.pictures.find(({ inUse }) => inUse)?.sha256 ?? '',
      },
      ID,
    )
    expect((await detailOf(studio, ID)).candidates).toMatchObject([
      { picked: true },
      { picked: false },
    ])
    expect(studio.emulator.stats().images).toBe(2)
    expect(text).toContain('seed: 7')
    expect((await detailOf(studio, ID)).seed.value).toBe(7)
  })

  it('tells another picture and its price where the old key does not come back', async () => {
    const studio = await open()
    await edit(studio, { prompt: 'Kira' })
    // The style is the recipe's too, and edits here do not write it.
    studio.project.write({
      [FILE]: `${textOf(studio)}    providerOptions: { promptOptimizer: true }\n`,
    })
    await expect
      .poll(async () => (await detailOf(studio, ID)).source.text)
      .toContain('promptOptimizer')
    const back = backTo(await historyOf(studio), 0)
    const bill = (await checkOf(studio, back)).after?.bill
    expect((await checkOf(studio, back)).after?.key).not.toBe(back.key)
    expect(bill).toMatchObject({ pictures: 1, usd: PRICE })
    const { pictures, usd, digest } = bill ?? { pictures: 0, usd: 0, digest: '' }
    const stale = await changeTo(studio, back, ID, { generate: { pictures: 2, usd, digest } })
    expect(stale.generate).toBe('price-changed')
    expect(studio.emulator.stats().images).toBe(1)
    await eventOf(studio, isRunOver, async ({ type }) => {
      if (type !== 'hello') return
      await changeTo(studio, back, ID, { generate: { pictures, usd, digest } })
    })
    expect(studio.emulator.stats().images).toBe(2)
    expect((await spendOf(studio)).total.usd).toBe(2 * PRICE)
  })

  it('offers the candidates that `n` wants beside the old picture with their price', async () => {
    const studio = await open()
    await edit(studio, { prompt: 'Kira' })
    await changeTo(studio, { kind: 'more', count: 2 }, ID)
    const back = backTo(await historyOf(studio), 0)
    expect((await checkOf(studio, back)).after).toMatchObject({
      key: back.key,
      bill: { pictures: 2, usd: 2 * PRICE },
    })
  })

  it('goes back from a file that took the place of generating', async () => {
    const studio = await open()
    const history = await historyOf(studio)
    const picture = await studio.ask(
      await pictureAddress(studio, history.steps[0]?.pictures[0]?.picture ?? ''),
    )
    expect(picture.status).toBe(200)
    studio.project.write({
      [FILE]: CAST.replace(/prompt:.*\n/, 'source: ./own.jpg\n'),
      'own.jpg': readFileSync(originalOf(studio)),
    })
    await expect.poll(async () => (await detailOf(studio, ID)).tile.origin).toBe('source')
    const [left] = (await leftOverOf(studio)).originals
    expect(left).toMatchObject({ image: { id: ID }, prompt: 'Portrait of Kira, flat vector' })
    await changeTo(studio, backTo(await historyOf(studio), 0), ID)
    expect(await detailOf(studio, ID)).toMatchObject({
      tile: { state: 'current', origin: 'provider' },
      prompt: { value: 'Portrait of Kira, flat vector' },
    })
    expect((await leftOverOf(studio)).total).toBe(0)
  })

  it('of one combination of a matrix is an override of that combination', async () => {
    const matrix = `images:
  "tile-\${season}": { prompt: "A \${season} day", alt: "", matrix: { season: [spring, winter] } }
`
    const id = `${FILE}#tile-winter`
    const studio = await openStudio({ files: { [FILE]: matrix } })
    await generate(studio, id)
    await edit(studio, { prompt: 'snow' }, id)
    const { ids } = await changeTo(studio, backTo(await historyOf(studio, id), 0), id)
    expect(ids).toEqual([id])
    expect((await detailOf(studio, id)).tile.state).toBe('current')
    expect((await detailOf(studio, `${FILE}#tile-spring`)).prompt.from).toBe('image')
  })

  it('comes in pages, and marks the words that changed across them', async () => {
    const studio = await open()
    await edit(studio, { prompt: 'Portrait of Kira, oil on canvas' })
    await generate(studio, ID)
    const first = await historyOf(studio, ID, '&limit=1')
    expect(first).toMatchObject({ total: 2, next: '1' })
    expect(first.steps[0]?.prompt).toEqual([
      { text: 'Portrait of Kira,', is: 'same' },
      { text: ' flat vector', is: 'removed' },
      { text: ' oil on canvas', is: 'added' },
    ])
    const second = await historyOf(studio, ID, '&limit=1&after=1')
    expect(second.steps[0]?.prompt).toEqual([{ text: 'Portrait of Kira, flat vector', is: 'same' }])
    expect(second.next).toBeNull()
  })

  it('keeps the receipts of another image of the same name apart', async () => {
    const other = 'other.image.yaml#kira'
    const studio = await open(CAST, {
      files: { [FILE]: CAST, 'other.image.yaml': 'images: { kira: { prompt: other, alt: "" } }' },
    })
    await generate(studio, other)
    expect((await historyOf(studio)).total).toBe(1)
    expect((await historyOf(studio, other)).steps.map(({ prompt }) => sides(prompt)[1])).toEqual([
      'other',
    ])
  })

  it('refuses a picture that the store does not have, a stale digest, and a key that is none', async () => {
    const studio = await open()
    const { digest } = await detailOf(studio, ID)
    const back = backTo(await historyOf(studio), 0)
    const ask = async (change: object, seen = digest) =>
      studio.post('/api/1/change', { id: ID, digest: seen, change })
    expect((await ask({ ...back, sha256: '0'.repeat(64) })).status).toBe(422)
    expect((await ask({ ...back, key: '0'.repeat(64) })).status).toBe(422)
    expect((await ask({ ...back, key: '../../etc/passwd' })).status).toBe(400)
    expect((await ask(back, '0'.repeat(64))).status).toBe(409)
    expect(textOf(studio)).toBe(CAST)
  })
})

/** The file of the only original. */
function originalOf({ project }: OpenStudio): string {
  const store = project.file('.imagegen')
  const name = readdirSync(store).find((file) => file.endsWith('.jpg')) ?? ''
  return path.join(store, name)
}

describe('a store of version 1', () => {
  const fixture = path.join(import.meta.dirname, '../../fixtures/version-1-store')

  async function openVersion1(): Promise<OpenStudio> {
    const names = readdirSync(fixture, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
    return openStudio({
      files: Object.fromEntries(
        names.map((file) => [path.relative(fixture, file), readFileSync(file)]),
      ),
    })
  }

  it('has the history of images whose name is unique', async () => {
    const studio = await openVersion1()
    const id = 'src/cast.image.yaml#banner'
    expect((await historyOf(studio, id)).total).toBe(1)
    await edit(studio, { prompt: 'Another banner' }, id)
    expect((await detailOf(studio, id)).tile.state).toBe('missing')
    const history = await historyOf(studio, id)
    expect(history).toMatchObject({ total: 1, steps: [{ isNow: false }] })
    const back = backTo(history, 0)
    expect((await checkOf(studio, back, id)).after).toMatchObject({
      key: back.key,
      bill: { pictures: 0 },
    })
    await changeTo(studio, back, id)
    expect((await detailOf(studio, id)).tile.state).toBe('current')
    // With a second image of the name, nothing tells whose receipt it is.
    await edit(studio, { prompt: 'Another banner' }, id)
    studio.project.write({
      'more.image.yaml': 'images: { banner: { prompt: more, alt: "" } }',
    })
    await expect.poll(async () => (await historyOf(studio, id)).total).toBe(0)
    expect((await historyOf(studio, 'more.image.yaml#banner')).total).toBe(0)
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it('says what was spent, and which price is unknown', async () => {
    const studio = await openVersion1()
    const spend = await spendOf(studio)
    expect(spend.total).toEqual({ pictures: 12, unusable: 0, usd: 11 * PRICE, unpriced: 1 })
    expect(spend.models).toEqual([
      { name: 'minimax image-01', pictures: 10, unusable: 0, usd: 10 * PRICE, unpriced: 0 },
      { name: 'minimax image-01-live', pictures: 1, unusable: 0, usd: PRICE, unpriced: 0 },
      { name: 'openai gpt-image-1', pictures: 1, unusable: 0, usd: null, unpriced: 1 },
    ])
    expect(spend.manifests).toMatchObject([
      { name: 'src/cast.image.yaml', pictures: 11, isThere: true },
      { name: 'src/hero.image.yaml', pictures: 1, isThere: true },
    ])
  })
})

describe('spend', () => {
  it('counts by month, model and manifest, in pictures and money', async () => {
    const studio = await open(CAST, {
      files: { [FILE]: CAST, 'sea.image.yaml': 'prompt: the sea\nalt: ""\nn: 2' },
    })
    await generate(studio, 'sea.image.yaml')
    const spend = await spendOf(studio)
    const sum = { pictures: 3, unusable: 0, usd: 3 * PRICE, unpriced: 0 }
    expect(spend).toMatchObject({
      total: sum,
      months: [{ ...sum, name: new Date().toISOString().slice(0, 7) }],
      models: [{ ...sum, name: 'minimax image-01' }],
      manifests: [
        { name: 'sea.image.yaml', pictures: 2, usd: 2 * PRICE },
        { name: FILE, pictures: 1, usd: PRICE },
      ],
      manifestCount: 2,
      next: null,
      adopted: 0,
      unreadable: 0,
      hasRemote: false,
    })
    const page = await spendOf(studio, '?limit=1&after=1')
    expect(page).toMatchObject({ manifests: [{ name: FILE }], next: null, total: sum })
  })

  it('counts a paid answer that cannot be used', async () => {
    const studio = await open(CAST, { emulator: { faults: [{ kind: 'wrong-size' }] } })
    expect((await spendOf(studio)).total).toEqual({
      pictures: 0,
      unusable: 1,
      usd: PRICE,
      unpriced: 0,
    })
    expect(await historyOf(studio)).toMatchObject({
      total: 1,
      steps: [{ pictures: [], unusable: [{ usd: PRICE, why: expect.any(String) as string }] }],
    })
  })

  it('keeps counting what was moved to the trash, and what no manifest names any more', async () => {
    const studio = await open()
    studio.project.write({ [FILE]: CAST.replace('kira:', 'mira:').replace('Portrait', 'View') })
    await expect.poll(async () => (await leftOverOf(studio)).total).toBe(1)
    const [left] = (await leftOverOf(studio)).originals
    await studio.post('/api/1/trash', { originals: [left?.original] })
    const spend = await spendOf(studio)
    expect(spend.total).toMatchObject({ pictures: 1, usd: PRICE })
    expect(spend.manifests).toMatchObject([{ name: FILE, isThere: true }])
    rmSync(studio.project.file(FILE))
    await expect
      .poll(async () => (await spendOf(studio)).manifests)
      .toMatchObject([{ name: FILE, isThere: false }])
  })

  it('costs nothing for adopted pictures, and says that a receipt cannot be read', async () => {
    const studio = await open()
    const { digest } = await detailOf(studio, ID)
    const query = new URLSearchParams({ id: ID, digest, how: 'candidate', name: 'own.jpg' })
    const adopted = await studio.ask(`/api/1/adopt?${query.toString()}`, {
      method: 'POST',
      headers: {
        'x-imagegen-token': studio.token,
        origin: studio.origin,
        'content-type': 'application/octet-stream',
      },
      body: await png('#336699'),
    })
    expect(adopted.status).toBe(200)
    expect(await spendOf(studio)).toMatchObject({
      total: { pictures: 1, usd: PRICE },
      adopted: 1,
      unreadable: 0,
    })
    const receipt = originalOf(studio).replace(/\.jpg$/, '.json')
    writeFileSync(receipt, readFileSync(receipt, 'utf8').replace('0.0035', '0.0001'))
    studio.project.write({ '.imagegen/note.txt': '' })
    await expect.poll(async () => (await spendOf(studio)).unreadable).toBe(1)
    expect((await spendOf(studio)).total).toEqual({
      pictures: 0,
      unusable: 0,
      usd: 0,
      unpriced: 0,
    })
  })
})

describe('what is left over', () => {
  /** Two originals that nothing asks for, and one in use. */
  async function openWithTwo(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
    const studio = await open(CAST, settings)
    for (const prompt of ['Kira, sad', 'Kira, glad']) {
      await edit(studio, { prompt })
      await generate(studio, ID)
    }
    return studio
  }

  it('is looked at, in pages, the newest first, with what it was asked for', async () => {
    const studio = await openWithTwo()
    const page = await leftOverOf(studio)
    expect(page).toMatchObject({
      total: 2,
      elsewhere: 0,
      next: null,
      originals: [
        { name: 'kira', entry: ID, image: { id: ID }, prompt: 'Kira, sad', usd: PRICE },
        { prompt: 'Portrait of Kira, flat vector', origin: 'provider', model: 'image-01' },
      ],
    })
    const [one, two] = page.originals
    expect(page.bytes).toBe((one?.bytes ?? 0) + (two?.bytes ?? 0))
    for (const key of [one?.thumbnail, one?.picture]) {
      expect((await studio.ask(await pictureAddress(studio, key ?? ''))).status).toBe(200)
    }
    const rest = await leftOverOf(studio, '?limit=1&after=1')
    expect(rest).toMatchObject({ total: 2, originals: [{ original: two?.original }], next: null })
    expect((await studio.get('/api/1/left-over?place=elsewhere')).status).toBe(400)
  })

  it('moves to the trash and back, with bytes and receipt as they were', async () => {
    const studio = await openWithTwo()
    const store = studio.project.file('.imagegen')
    const contents = (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(store, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => [name, readFileSync(path.join(store, name), 'base64')]),
      )
    const before = contents()
    const [one, two] = (await leftOverOf(studio)).originals
    const originals = [one?.original, two?.original]
    const moved = (await studio.post('/api/1/trash', { originals })).json<Moved>()
    expect(moved).toMatchObject({ moved: 2, said: '2 originals moved to the trash.' })
    expect(await leftOverOf(studio)).toMatchObject({ total: 0, elsewhere: 2 })
    const trash = await leftOverOf(studio, '?place=trash')
    expect(trash.originals.map(({ original }) => original)).toEqual(originals)
    const shown = await studio.ask(await pictureAddress(studio, one?.picture ?? ''))
    expect(shown.status).toBe(200)
    expect(Object.keys(contents())).toHaveLength(Object.keys(before).length - 4)
    // What is in the trash is paid for: going back asks for it to be restored, and never pays again.
    const back = { kind: 'back', key: one?.key, sha256: one?.sha256 }
    const { digest } = await detailOf(studio, ID)
    const refused = await studio.post('/api/1/change', { id: ID, digest, change: back })
    expect(refused.json<Refusal>().error.hint).toContain('restored first')
    const restored = (await studio.post('/api/1/restore', { originals })).json<Moved>()
    expect(restored).toMatchObject({ moved: 2, said: '2 originals restored.' })
    expect(contents()).toEqual(before)
    expect(await leftOverOf(studio, '?place=trash')).toMatchObject({ total: 0, elsewhere: 2 })
    await changeTo(studio, back, ID)
    expect((await detailOf(studio, ID)).tile.state).toBe('current')
    expect(studio.emulator.stats().images).toBe(3)
  })

  it('is told to other tabs when it moves', async () => {
    const studio = await openWithTwo()
    const [one] = (await leftOverOf(studio)).originals
    const { revision } = await leftOverOf(studio)
    const event = await eventOf(
      studio,
      ({ type }) => type === 'changed',
      async ({ type }) => {
        if (type === 'hello') await studio.post('/api/1/trash', { originals: [one?.original] })
      },
    )
    expect(event).toMatchObject({ ids: [] })
    expect((await leftOverOf(studio)).revision).toBeGreaterThan(revision)
  })

  it('never holds what a manifest asks for: such an original stays', async () => {
    const studio = await openWithTwo()
    const { receipt } = await detailOf(studio, ID)
    const original = `${receipt?.key}.${receipt?.sha256}`
    const moved = (await studio.post('/api/1/trash', { originals: [original] })).json<Moved>()
    expect(moved.moved).toBe(0)
    expect((await detailOf(studio, ID)).tile.state).toBe('current')
  })

  it('stays while a manifest has errors, or none has images: it might be asked for', async () => {
    const studio = await openWithTwo()
    const [one] = (await leftOverOf(studio)).originals
    const originals = [one?.original]
    studio.project.write({ 'bad.image.yaml': 'images: {' })
    await expect
      .poll(async () => (await studio.post('/api/1/trash', { originals })).status)
      .toBe(422)
    rmSync(studio.project.file('bad.image.yaml'))
    rmSync(studio.project.file(FILE))
    await expect
      .poll(async () => (await studio.post('/api/1/trash', { originals })).text)
      .toContain('No manifest was found')
    expect((await leftOverOf(studio, '?place=trash')).total).toBe(0)
  })

  it('stays where another package of the workspace may keep its originals in the store', async () => {
    const studio = await openWithTwo({
      files: {
        'package.json': '{"name":"all","type":"module","workspaces":["packages/*"]}',
        'imagegen.config.json': '{"exclude":["packages/**"]}',
        [FILE]: CAST,
        'packages/other/package.json': '{"name":"other"}',
        'packages/other/imagegen.config.mjs':
          'export default { store: { dir: "../../.imagegen", outside: true } }',
        'packages/other/a.image.yaml': 'prompt: other\nalt: ""',
      },
    })
    const [one] = (await leftOverOf(studio)).originals
    const refused = await studio.post('/api/1/trash', { originals: [one?.original] })
    expect(refused.status).toBe(422)
    expect(refused.json<Refusal>().error.message).toContain('may keep originals in the same store')
    expect(refused.text).not.toContain(studio.project.root)
    expect((await leftOverOf(studio)).total).toBe(2)
  })

  it('is refused by a read-only studio, which still shows it', async () => {
    const studio = await openWithTwo()
    const [one] = (await leftOverOf(studio)).originals
    const reader = await openStudio({ files: {}, studio: { isReadOnly: true } })
    cpSync(studio.project.root, reader.project.root, { recursive: true })
    await expect.poll(async () => (await leftOverOf(reader)).total).toBe(2)
    expect((await spendOf(reader)).total.pictures).toBe(3)
    expect((await historyOf(reader)).total).toBe(3)
    for (const route of ['trash', 'restore']) {
      const refused = await reader.post(`/api/1/${route}`, { originals: [one?.original] })
      expect(refused.json<Refusal>().error.code).toBe('read-only')
    }
    expect((await leftOverOf(reader)).total).toBe(2)
  })

  it.each([[[]], [['../kira']], [['0'.repeat(64)]], [[1]], ['all']])(
    'takes only names of originals: %j is malformed',
    async (originals) => {
      const studio = await openStudio({ files: { [FILE]: CAST } })
      for (const route of ['trash', 'restore']) {
        expect((await studio.post(`/api/1/${route}`, { originals })).status).toBe(400)
      }
    },
  )
})

describe('the words that changed', () => {
  it.each<[before: string, now: string, marked: string]>([
    ['a red fox', 'a red fox', 'a red fox'],
    ['a red fox', 'a blue fox', 'a[- red][+ blue] fox'],
    ['', 'a fox', '[+a fox]'],
    ['a fox', '', '[-a fox]'],
    ['a fox runs', 'a fox', 'a fox[- runs]'],
    ['sunset, sea', 'sunset; sea', 'sunset[-,][+;] sea'],
    ['赤い狐が走る', '青い狐が走る', '[-赤][+青]い狐が走る'],
    ["the fox's den", "the foxes' den", "the[- fox's][+ foxes'] den"],
    ['one  two ', 'one two', 'one two'],
    ['Kira, a keeper in rain', 'Kira in rain', 'Kira[-, a keeper] in rain'],
  ])('from %j to %j are %j', (before, now, marked) => {
    const parts = wordChanges(before, now)
    const shown = parts.map(({ text, is }) =>
      is === 'same' ? text : `[${is === 'added' ? '+' : '-'}${text}]`,
    )
    expect(shown.join('')).toBe(marked)
  })

  it('are found in the longest prompts within the limits of comparing', () => {
    const long = (word: string): string => Array.from({ length: 12_000 }, () => word).join(' ')
    const parts = wordChanges(`x ${long('sea')} y`, `x ${long('sky')} y`)
    expect(parts.map(({ is }) => is)).toEqual(['same', 'removed', 'added', 'same'])
  })

  it('are found before 100,000 blanks, which a receipt of somebody else may hold', () => {
    const blanks = ' '.repeat(100_000)
    expect(wordChanges(`a fox${blanks}`, `a dog${blanks}`)).toEqual([
      { text: 'a', is: 'same' },
      { text: ' fox', is: 'removed' },
      { text: ' dog', is: 'added' },
    ])
  })
})
