import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { png } from '../bundlers/sandbox.ts'
import type { PlanPage } from '../../src/studio/protocol-actions.ts'
import type { ImageDetail, Renditions } from '../../src/studio/protocol-image.ts'
import type { Project, WallPage } from '../../src/studio/protocol.ts'
import { temporaryProject } from '../temporary-project.ts'
import { eventOf } from './events-of.ts'
import { openStudio, pictureAddress, slowProject, type OpenStudio } from './opened.ts'

const CAST = `vars: { look: flat vector }
defaults: { aspectRatio: 1:1 }
images:
  # The heroine.
  kira:
    prompt: Portrait of Kira, \${look}
    alt: Kira
    n: 2
  scene:
    prompt: Kira at the sea
    alt: ""
    seed: 7
    references: ["#kira"]
  own: { source: ./own.png, alt: drawn by hand }
`

async function open(): Promise<OpenStudio> {
  return openStudio({ files: { 'art/cast.image.yaml': CAST, 'art/own.png': await png('#336699') } })
}

const ID = 'art/cast.image.yaml#'

function address(route: string, name: string): string {
  return `/api/1/${route}?id=${encodeURIComponent(`${ID}${name}`)}`
}

async function wall({ get }: OpenStudio, query = ''): Promise<WallPage> {
  return (await get(`/api/1/wall${query}`)).json<WallPage>()
}

describe('the wall', () => {
  it('shows every image in the order of its manifest', async () => {
    const { tiles, total, next } = await wall(await open())
    expect({ total, next }).toEqual({ total: 3, next: null })
    expect(tiles).toMatchObject([
      {
        id: `${ID}kira`,
        name: 'kira',
        manifest: 'art/cast.image.yaml',
        index: 0,
        state: 'missing',
        thumbnail: null,
        candidates: 0,
        wanted: 2,
        pick: 1,
        usd: 0.007,
        model: 'image-01',
        alt: 'Kira',
        prompt: 'Portrait of Kira, flat vector',
        time: null,
      },
      { name: 'scene', index: 1, width: 1024, height: 1024 },
      { name: 'own', index: 2, state: 'current', origin: 'source', usd: 0, prompt: null },
    ])
  })

  it('comes in pages', async () => {
    const studio = await open()
    const first = await wall(studio, '?limit=2')
    expect(first).toMatchObject({ total: 3, next: '2' })
    const second = await wall(studio, `?limit=2&after=${first.next}`)
    expect(second.tiles.map(({ name }) => name)).toEqual(['own'])
    expect(second.next).toBeNull()
  })

  it('answers with what changed since a revision, and what is gone', async () => {
    const studio = await open()
    const { revision } = await wall(studio)
    expect(await wall(studio, `?since=${revision}`)).toMatchObject({
      tiles: [],
      gone: [],
      revision,
    })
    studio.project.write({
      'art/cast.image.yaml': CAST.replace('alt: Kira', 'alt: Kira smiles').replace(
        / {2}own.*\n/,
        '',
      ),
    })
    await expect
      .poll(async () => (await wall(studio, `?since=${revision}`)).revision)
      .toBeGreaterThan(revision)
    const { tiles, gone, total } = await wall(studio, `?since=${revision}`)
    expect(tiles.map(({ name, alt }) => [name, alt])).toEqual([['kira', 'Kira smiles']])
    expect({ gone, total }).toEqual({ gone: [`${ID}own`], total: 1 })
  })

  it('has thumbnails of at most 320 pixels, which a second request takes from the cache', async () => {
    const large = await sharp({
      create: { width: 900, height: 600, channels: 3, background: '#123' },
    })
      .png()
      .toBuffer()
    const studio = await openStudio({
      files: { 'a.image.yaml': 'source: ./own.png\nalt: ""', 'own.png': large },
    })
    const { tiles } = await wall(studio)
    const picture = await pictureAddress(studio, tiles[0]?.thumbnail ?? '')
    const bytes = async (): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${studio.origin}${picture}`)).arrayBuffer())
    const first = await bytes()
    expect(await sharp(first).metadata()).toMatchObject({ format: 'webp', width: 320, height: 213 })
    studio.project.write({ 'own.png': 'no longer a picture' })
    expect((await bytes()).equals(first)).toBe(true)
  })

  it('says of a file that is no whole picture that it cannot be drawn, and of one that has gone that it is not there', async () => {
    const broken = (await png('#123')).subarray(0, 60)
    const studio = await openStudio({
      files: { 'a.image.yaml': 'source: ./own.png\nalt: ""', 'own.png': broken },
    })
    const { tiles } = await wall(studio)
    const picture = await pictureAddress(studio, tiles[0]?.thumbnail ?? '')
    const answer = await studio.ask(picture)
    expect(answer.status).toBe(422)
    expect(answer.text).toContain('The picture cannot be drawn')
    rmSync(studio.project.file('own.png'))
    expect((await studio.ask(picture)).status).toBe(404)
    // Neither is a fault of the studio.
    expect(studio.problems).toEqual([])
  })

  it('knows the shape of a hand-made file once its thumbnail was asked for, turned as it is seen', async () => {
    const sideways = await sharp({
      create: { width: 600, height: 900, channels: 3, background: '#123' },
    })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const cache = await temporaryProject({})
    const files = { 'a.image.yaml': 'source: ./own.jpg\nalt: ""', 'own.jpg': sideways }
    const first = await openStudio({ files, inline: { cacheDir: cache.root } })
    // The second one takes the thumbnail from the cache.
    const second = await openStudio({ files, inline: { cacheDir: cache.root } })
    for (const studio of [first, second]) {
      const { tiles } = await wall(studio)
      expect(tiles).toMatchObject([{ width: null, height: null }])
      const picture = await pictureAddress(studio, tiles[0]?.thumbnail ?? '')
      const changed = await eventOf(
        studio,
        ({ type }) => type === 'changed',
        async ({ type }) => {
          if (type === 'hello') await studio.ask(picture)
        },
      )
      expect(changed).toMatchObject({ ids: ['a.image.yaml'] })
      expect((await wall(studio)).tiles).toMatchObject([{ width: 900, height: 600 }])
    }
  })
})

describe('one image', () => {
  it('has its fields as they are in effect and as they are written', async () => {
    const { get } = await open()
    const detail = (await get(address('image', 'kira'))).json<ImageDetail>()
    expect(detail).toMatchObject({
      prompt: {
        value: 'Portrait of Kira, flat vector',
        written: 'Portrait of Kira, ${look}',
        from: 'image',
        editable: true,
      },
      alt: { value: 'Kira', written: 'Kira', from: 'image' },
      seed: { value: null, written: null, from: 'unset' },
      aspectRatio: { value: '1:1', written: '1:1', from: 'inherited' },
      combination: null,
      sharing: 1,
      candidates: [],
      receipt: null,
      usdOfOne: 0.0035,
      source: { firstLine: 5 },
    })
    expect(detail.source.text).toBe(
      '  kira:\n    prompt: Portrait of Kira, ${look}\n    alt: Kira\n    n: 2',
    )
    expect(detail.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('knows what it refers to, and what refers to it', async () => {
    const { get } = await open()
    const kira = (await get(address('image', 'kira'))).json<ImageDetail>()
    const scene = (await get(address('image', 'scene'))).json<ImageDetail>()
    expect(kira.referredBy).toMatchObject([{ id: `${ID}scene`, state: 'missing' }])
    expect(scene.references).toMatchObject([{ kind: 'image', id: `${ID}kira`, name: 'kira' }])
  })

  it('has its renditions, which can be opened', async () => {
    const studio = await open()
    const { renditions, problem } = (
      await studio.get(address('renditions', 'own'))
    ).json<Renditions>()
    expect(problem).toBeNull()
    expect(renditions).toMatchObject([{ format: 'webp' }])
    const opened = await studio.ask(await pictureAddress(studio, renditions[0]?.picture ?? ''))
    expect(opened.headers.get('content-type')).toBe('image/webp')
    const missing = (await studio.get(address('renditions', 'kira'))).json<Renditions>()
    expect(missing).toMatchObject({
      renditions: [],
      problem: { message: expect.any(String) as string },
    })
  })

  it('has the files of what it shows for its media, which can be opened', async () => {
    const media = '[{ media: print, aspectRatio: 1:2 }, { media: (hover), image: "#own" }]'
    const studio = await openStudio({
      files: {
        'art/cast.image.yaml': `${CAST}  print: { source: ./own.png, alt: "", output: { widths: [16], media: ${media} } }\n`,
        'art/own.png': await png('#336699'),
      },
    })
    const list = (await studio.get(address('renditions', 'print'))).json<Renditions>()
    expect(list.problem).toBeNull()
    expect(list.media).toMatchObject([
      { media: 'print', image: null, renditions: [{ width: 16, height: 32 }] },
      { media: '(hover)', image: `${ID}own`, renditions: [{ width: 64, height: 64 }] },
    ])
    for (const { renditions } of list.media) {
      const opened = await studio.ask(await pictureAddress(studio, renditions[0]?.picture ?? ''))
      expect(opened.headers.get('content-type')).toBe('image/webp')
    }
    const { settings } = (await studio.get(address('image', 'print'))).json<ImageDetail>()
    expect(settings).toContainEqual({
      name: 'media',
      value: `print: aspectRatio: "1:2"; (hover): ${ID}own`,
    })
  })

  it('that is not there is not found', async () => {
    const { get } = await open()
    expect((await get(address('image', 'nobody'))).status).toBe(404)
  })
})

it('the plan says what is missing, what it costs and what the budget allows', async () => {
  const studio = await open()
  const plan = (await studio.get('/api/1/plan')).json<PlanPage>()
  expect(plan).toMatchObject({
    total: 2,
    images: [
      { id: `${ID}kira`, pictures: 2, usd: 0.007, offer: 'generate' },
      { id: `${ID}scene`, pictures: 1, usd: 0.0035, offer: 'generate' },
    ],
    budget: { images: 20, imagesLeft: 20, spent: { pictures: 0 } },
    asking: true,
    missingKeys: [],
  })
  // Totals only: the names of thirty thousand images would be a megabyte in each page.
  expect(plan.bill).toEqual({ requests: 2, pictures: 3, usd: 0.0105 })
  const bill = await studio.post('/api/1/bill', { ids: [`${ID}scene`] })
  expect(bill.json()).toMatchObject({ images: [`${ID}kira`, `${ID}scene`], pictures: 3 })
  expect(studio.emulator.stats().requests).toBe(0)
})

it('a manifest that does not parse is shown with its errors, and the others go on', async () => {
  const studio = await openStudio({
    files: { 'good.image.yaml': 'prompt: a\nalt: ""', 'bad.image.yaml': 'images:\n  a: {' },
  })
  const project = (await studio.get('/api/1/project')).json<Project>()
  expect(project).toMatchObject({ images: 1, states: { missing: 1 }, writable: true })
  expect(project.broken).toMatchObject([
    { manifest: 'bad.image.yaml', problems: [{ place: { file: 'bad.image.yaml', line: 2 } }] },
  ])
})

describe('events', () => {
  it('begin with where the studio is', async () => {
    const studio = await open()
    const { process } = (await studio.get('/api/1/project')).json<Project>()
    expect(await eventOf(studio, () => true)).toMatchObject({
      type: 'hello',
      process,
      run: null,
    })
  })

  it('tell of an edit by another program', async () => {
    const studio = await open()
    await wall(studio)
    const changed = await eventOf(
      studio,
      ({ type }) => type === 'changed',
      ({ type }) => {
        if (type === 'hello')
          studio.project.write({ 'art/cast.image.yaml': CAST.replace('alt: Kira', 'alt: K') })
      },
    )
    expect(changed).toMatchObject({ ids: [`${ID}kira`] })
  })

  it('tell of a manifest that no longer parses, and of a new one', async () => {
    const studio = await open()
    await wall(studio)
    await eventOf(
      studio,
      ({ type }) => type === 'changed',
      ({ type }) => {
        if (type === 'hello') studio.project.write({ 'new.image.yaml': 'prompt: new\nalt: ""' })
      },
    )
    expect((await wall(studio)).total).toBe(4)
    await eventOf(
      studio,
      ({ type }) => type === 'changed',
      ({ type }) => {
        if (type === 'hello') studio.project.write({ 'new.image.yaml': '{' })
      },
    )
    expect((await studio.get('/api/1/project')).json<Project>().broken).toHaveLength(1)
  })

  it('go on while the project cannot be read, which is told once', async () => {
    let looks = 0
    const studio = await openStudio({
      files: { 'a.image.yaml': 'prompt: a fox\nalt: ""' },
      subject: (own) => {
        const look = async (): Promise<never> => {
          looks += 1
          throw new Error('the disk is gone')
        }
        // Files that seem to have changed are looked at alone.
        return { ...own, survey: look, refresh: look }
      },
    })
    // Held until the end: a response that is collected as garbage closes its stream.
    const stream = await fetch(`${studio.origin}/api/1/events`, {
      headers: { 'x-imagegen-token': studio.token },
    })
    await expect.poll(() => looks).toBeGreaterThan(3)
    await stream.body?.cancel()
    expect(studio.problems).toEqual([new Error('the disk is gone')])
  })

  it('tell how far the first look at a large project is', async () => {
    const reading = { read: 12, of: 40 }
    const { subject, finish } = slowProject(reading)
    const studio = await openStudio({
      files: { 'art/cast.image.yaml': CAST, 'art/own.png': await png('#336699') },
      subject,
    })
    const told = await eventOf(studio, ({ type }) => type === 'reading')
    expect(told).toEqual({ type: 'reading', ...reading })
    finish()
    expect((await wall(studio)).total).toBe(3)
  })

  it('are refused to more than a few dozen readers, and given again once one has left', async () => {
    const studio = await open()
    const readers = Array.from({ length: 32 }, () => new AbortController())
    const opened = await Promise.all(
      readers.map(async ({ signal }) =>
        fetch(`${studio.origin}/api/1/events`, {
          headers: { 'x-imagegen-token': studio.token },
          signal,
        }),
      ),
    )
    expect(opened.map(({ status }) => status)).toEqual(readers.map(() => 200))
    const more = await studio.get('/api/1/events')
    expect(more.status).toBe(429)
    for (const reader of readers) reader.abort()
    await expect.poll(async () => eventOf(studio, () => true)).toMatchObject({ type: 'hello' })
  })
})
