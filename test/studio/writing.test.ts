import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { png } from '../bundlers/sandbox.ts'
import type { Bill, ChangeCheck, Written } from '../../src/studio/protocol-actions.ts'
import type { ImageDetail } from '../../src/studio/protocol-image.ts'
import type { Project } from '../../src/studio/protocol.ts'
import { eventOf, isRunOver } from './events-of.ts'
import { openStudio, type Answer, type OpenStudio } from './opened.ts'

const FILE = 'cast.image.yaml'
const ID = `${FILE}#kira`

/** With comments, quotes and an order that have to stay. */
const CAST = `# The cast.
images:
  kira: # the heroine
    alt: 'Kira'
    prompt: "Portrait of Kira"   # keep
    n: 3
`

async function open(text = CAST, made = true): Promise<OpenStudio> {
  const studio = await openStudio({ files: { [FILE]: text } })
  if (made) await generate(studio, ID)
  return studio
}

async function generate(studio: OpenStudio, id: string): Promise<void> {
  const { pictures, usd, digest } = (await studio.post('/api/1/bill', { ids: [id] })).json<Bill>()
  await eventOf(studio, isRunOver, async ({ type }) => {
    if (type !== 'hello') return
    await studio.post('/api/1/generate', { ids: [id], agreed: { pictures, usd, digest } })
  })
}

async function detailOf({ get }: OpenStudio, id = ID): Promise<ImageDetail> {
  return (await get(`/api/1/image?id=${encodeURIComponent(id)}`)).json<ImageDetail>()
}

function textOf({ project }: OpenStudio, file = FILE): string {
  return readFileSync(project.file(file), 'utf8')
}

async function change(
  studio: OpenStudio,
  wanted: unknown,
  more: Record<string, unknown> = {},
  id = ID,
): Promise<Answer> {
  const { digest } = await detailOf(studio, id)
  return studio.post('/api/1/change', { id, digest, change: wanted, ...more })
}

async function check(studio: OpenStudio, wanted: unknown): Promise<ChangeCheck> {
  const { digest } = await detailOf(studio)
  return (await studio.post('/api/1/check', { id: ID, digest, change: wanted })).json<ChangeCheck>()
}

describe('a change', () => {
  it('picks a candidate, and shows it at once', async () => {
    const studio = await open()
    const { candidates } = await detailOf(studio)
    expect(candidates.map(({ number, picked }) => [number, picked])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ])
    const sha256 = candidates[2]?.sha256 ?? ''
    const written = (await change(studio, { kind: 'pick', sha256 })).json<Written>()
    expect(written).toMatchObject({
      manifest: FILE,
      ids: [ID],
      generate: null,
      bill: { pictures: 0 },
    })
    expect(textOf(studio)).toBe(
      CAST.replace('# keep\n', `# keep\n    pick: "${sha256.slice(0, 8)}"\n`),
    )
    const after = await detailOf(studio)
    expect(after.tile.pick).toBe(3)
    expect(after.digest).toBe(written.digest)
    expect(studio.emulator.stats().images).toBe(3)
  })

  it('edits fields, keeps everything else, and removes one', async () => {
    const studio = await open()
    await change(studio, {
      kind: 'edit',
      fields: { alt: "It's Kira", seed: 7, aspectRatio: '16:9' },
    })
    const text = textOf(studio)
    expect(text).toContain('# The cast.\nimages:\n  kira: # the heroine\n')
    expect(text).toContain('prompt: "Portrait of Kira"   # keep\n')
    expect(await detailOf(studio)).toMatchObject({
      alt: { written: "It's Kira" },
      seed: { written: 7 },
      aspectRatio: { written: '16:9' },
      tile: { state: 'missing' },
    })
    await change(studio, { kind: 'edit', fields: { seed: null } })
    expect((await detailOf(studio)).seed).toMatchObject({ written: null, from: 'unset' })
  })

  it('rerolls and asks for more, each for the price that was agreed', async () => {
    const studio = await open()
    const reroll = { kind: 'reroll' }
    const bill = (await check(studio, reroll)).after?.bill
    expect(bill).toMatchObject({ pictures: 3, usd: 0.0105 })
    const agreed = { pictures: bill?.pictures, usd: bill?.usd, digest: bill?.digest }
    await eventOf(studio, isRunOver, async ({ type }) => {
      if (type !== 'hello') return
      const written = (await change(studio, reroll, { generate: agreed })).json<Written>()
      expect(written.generate).toBe('started')
    })
    expect(textOf(studio)).toContain('revision: 1')
    expect(studio.emulator.stats().images).toBe(6)

    const more = { kind: 'more', count: 1 }
    expect((await check(studio, more)).after?.bill).toMatchObject({ pictures: 1, usd: 0.0035 })
    const stale = (await change(studio, more, { generate: agreed })).json<Written>()
    expect(stale).toMatchObject({ generate: 'price-changed', bill: { pictures: 1 } })
    expect(textOf(studio)).toContain('n: 4')
    expect(studio.emulator.stats().images).toBe(6)
  })

  it('of one combination of a matrix is an override of that combination', async () => {
    const matrix = `images:
  "tile-\${season}": { prompt: "\${season}", alt: "", matrix: { season: [spring, winter] } }
`
    const studio = await open(matrix, false)
    const id = `${FILE}#tile-winter`
    expect(await detailOf(studio, id)).toMatchObject({
      combination: { season: 'winter' },
      sharing: 2,
    })
    const edit = { kind: 'edit', fields: { prompt: 'deep winter' } }
    expect((await change(studio, edit, {}, id)).json<Written>().ids).toEqual([id])
    expect(textOf(studio)).toMatch(/overrides:[^]*when:[^]*season: winter/)
    expect(await detailOf(studio, id)).toMatchObject({
      prompt: { value: 'deep winter', from: 'override' },
    })
    expect((await detailOf(studio, `${FILE}#tile-spring`)).prompt.value).toBe('spring')
  })

  it('with the digest of an older text writes nothing', async () => {
    const studio = await open(CAST, false)
    const { digest } = await detailOf(studio)
    const edited = `${CAST}# and more\n`
    writeFileSync(studio.project.file(FILE), edited)
    const wanted = { kind: 'edit', fields: { alt: 'x' } }
    await expect
      .poll(async () =>
        (await studio.post('/api/1/change', { id: ID, digest, change: wanted })).json(),
      )
      .toMatchObject({ error: { code: 'changed' } })
    expect(textOf(studio)).toBe(edited)
  })

  it('that is sent twice at once is written once', async () => {
    const studio = await open(CAST, false)
    const { digest } = await detailOf(studio)
    const wanted = (alt: string): unknown => ({
      id: ID,
      digest,
      change: { kind: 'edit', fields: { alt } },
    })
    const answers = await Promise.all(
      ['one', 'two'].map(async (alt) => studio.post('/api/1/change', wanted(alt))),
    )
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 409,
    ])
  })

  it.each<[what: string, fields: Record<string, unknown>, field: string]>([
    ['a ratio that the model does not draw', { aspectRatio: '5:7' }, 'aspectRatio'],
    ['a size that is none', { size: 'large' }, 'size'],
    ['a variable that is not there', { prompt: 'a ${nothing}' }, 'prompt'],
    ['a prompt that is too long', { prompt: 'x'.repeat(1600) }, 'prompt'],
  ])('with %s is a problem as it is typed, and refused', async (_, fields, field) => {
    const studio = await open(CAST, false)
    const wanted = { kind: 'edit', fields }
    const { problems, after } = await check(studio, wanted)
    expect(after).toBeNull()
    expect(problems).toMatchObject([{ field }])
    expect((await change(studio, wanted)).status).toBe(422)
    expect(textOf(studio)).toBe(CAST)
  })

  it('tells the price as it is typed, and writes nothing', async () => {
    const studio = await open()
    const free = await check(studio, { kind: 'edit', fields: { alt: 'K' } })
    expect(free.after).toMatchObject({
      state: 'current',
      bill: { pictures: 0, usd: 0 },
      changes: true,
    })
    const paid = await check(studio, { kind: 'edit', fields: { prompt: 'Someone else' } })
    expect(paid.after).toMatchObject({ state: 'missing', bill: { pictures: 3, usd: 0.0105 } })
    const nothing = await check(studio, { kind: 'edit', fields: { prompt: 'Portrait of Kira' } })
    expect(nothing.after).toMatchObject({ state: 'current', changes: false })
    expect(textOf(studio)).toBe(CAST)
    expect(studio.emulator.stats().images).toBe(3)
  })

  it('that YAML or the page could misread is written as text', async () => {
    const studio = await open(CAST, false)
    for (const prompt of [
      'a: b # c',
      '- x',
      '"quoted" \'too\'',
      'two\nlines',
      '<b>bold</b>',
      '1.10',
      '# x',
    ]) {
      await change(studio, { kind: 'edit', fields: { prompt } })
      expect((await detailOf(studio)).prompt.written).toBe(prompt)
    }
  })
})

describe('undo', () => {
  it('brings the file back byte for byte, and can be undone itself', async () => {
    const studio = await open(CAST, false)
    const written = (
      await change(studio, { kind: 'edit', fields: { prompt: 'B' } })
    ).json<Written>()
    const edited = textOf(studio)
    const back = (await studio.post('/api/1/undo', { undo: written.undo })).json<Written>()
    expect(textOf(studio)).toBe(CAST)
    expect((await detailOf(studio)).digest).toBe(back.digest)
    await studio.post('/api/1/undo', { undo: back.undo })
    expect(textOf(studio)).toBe(edited)
    expect((await studio.post('/api/1/undo', { undo: written.undo })).status).toBe(404)
  })

  it('is over once somebody else changed the file', async () => {
    const studio = await open(CAST, false)
    const { undo } = (await change(studio, { kind: 'edit', fields: { alt: 'B' } })).json<Written>()
    const other = `${textOf(studio)}# more\n`
    writeFileSync(studio.project.file(FILE), other)
    const answer = await studio.post('/api/1/undo', { undo })
    expect(answer.json()).toMatchObject({ error: { code: 'changed' } })
    expect(textOf(studio)).toBe(other)
  })
})

describe('adopting', () => {
  async function adopt(
    studio: OpenStudio,
    how: string,
    name: string,
    body: Buffer,
  ): Promise<Answer> {
    const { digest } = await detailOf(studio)
    const query = new URLSearchParams({ id: ID, digest, how, name })
    return studio.ask(`/api/1/adopt?${query.toString()}`, {
      method: 'POST',
      headers: {
        'x-imagegen-token': studio.token,
        origin: studio.origin,
        'content-type': 'application/octet-stream',
      },
      body: new Uint8Array(body),
    })
  }

  it('in place of generating copies the file, and undo removes it again', async () => {
    const studio = await open()
    const { undo } = (
      await adopt(studio, 'source', 'mine.png', await png('#123456'))
    ).json<Written>()
    expect(await detailOf(studio)).toMatchObject({ tile: { origin: 'source', state: 'current' } })
    expect(textOf(studio)).toContain('source: ./mine.png')
    expect(readdirSync(studio.project.root)).toContain('mine.png')
    const back = (await studio.post('/api/1/undo', { undo })).json<Written>()
    expect(textOf(studio)).toBe(CAST)
    expect(readdirSync(studio.project.root)).not.toContain('mine.png')
    // The manifest cannot name the file again.
    expect(back.undo).toBeNull()
  })

  it('as one more candidate keeps the prompt and picks it', async () => {
    const studio = await open()
    await adopt(studio, 'candidate', 'mine.png', await png('#123456'))
    const { candidates, tile } = await detailOf(studio)
    expect(tile).toMatchObject({ candidates: 4, pick: 4, origin: 'elsewhere', state: 'current' })
    expect(candidates.at(-1)).toMatchObject({ picked: true, origin: 'elsewhere' })
    expect(textOf(studio)).toContain('prompt: "Portrait of Kira"')
    expect(studio.emulator.stats().images).toBe(3)
  })

  it('takes a name as a name: nothing is written beside the manifest’s folder', async () => {
    const studio = await open(CAST, false)
    await adopt(studio, 'source', '../../evil.png', await png('#123456'))
    expect(textOf(studio)).toContain('source: ./evil.png')
  })

  it('refuses what is no picture', async () => {
    const studio = await open(CAST, false)
    const answer = await adopt(
      studio,
      'source',
      'page.png',
      Buffer.from('<script>alert(1)</script>'),
    )
    expect(answer.status).toBe(422)
    expect(textOf(studio)).toBe(CAST)
  })
})

describe('an empty project', () => {
  it('gets a first manifest, once', async () => {
    const studio = await openStudio({ files: {} })
    const first = await studio.post('/api/1/manifest', {})
    expect(first.json()).toMatchObject({
      manifest: 'starter.image.yaml',
      ids: ['starter.image.yaml#lighthouse'],
    })
    expect((await studio.get('/api/1/project')).json<Project>()).toMatchObject({
      images: 1,
      broken: [],
    })
    expect((await studio.post('/api/1/manifest', {})).status).toBe(422)
  })
})

describe('the editor', () => {
  it('gets the file and the line as arguments, and no shell reads them', async () => {
    const studio = await openStudio({ files: {} })
    const seen = studio.project.file('seen')
    const editor = studio.project.file('my editor/code')
    studio.project.write({
      'my editor/code': `#!/bin/sh\nfor each in "$@"; do printf '%s\\n' "$each"; done > "${seen}.part" && mv "${seen}.part" "${seen}"\n`,
      'a;touch pwned $(id).image.yaml': '# first\nprompt: a\nalt: ""\n',
    })
    chmodSync(editor, 0o755)
    const { findEditor } = await import('../../src/studio/actions/programs.ts')
    const found = findEditor({ VISUAL: `"${editor}" --wait`, PATH: '' })
    await found?.open(studio.project.file('a;touch pwned $(id).image.yaml'), 2)
    await expect.poll(() => readdirSync(studio.project.root)).toContain('seen')
    expect(readFileSync(seen, 'utf8').split('\n')).toEqual([
      '--wait',
      '-g',
      `${studio.project.file('a;touch pwned $(id).image.yaml')}:2`,
      '',
    ])
  })

  it('opens the config and manifests of the project only, by their id or by what is wrong with them', async () => {
    const opened: Array<readonly [string, number]> = []
    const studio = await openStudio({
      files: { [FILE]: CAST, 'bad.image.yaml': '{' },
      studio: {
        editor: {
          name: 'code',
          open: async (file, line) => {
            opened.push([file, line])
            return Promise.resolve()
          },
        },
      },
    })
    const answers = [
      await studio.post('/api/1/open', { id: ID }),
      await studio.post('/api/1/open', { manifest: 'bad.image.yaml', line: 1 }),
      await studio.post('/api/1/open', { manifest: 'imagegen.config.json', line: 2 }),
      await studio.post('/api/1/open', { manifest: '.env', line: 1 }),
      await studio.post('/api/1/open', { manifest: '../imagegen.config.json', line: 1 }),
      await studio.post('/api/1/open', { manifest: '../../etc/passwd', line: 1 }),
      await studio.post('/api/1/open', { manifest: 'package.json', line: 1 }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 404, 404, 404])
    expect(opened).toEqual([
      [studio.project.file(FILE), 3],
      [studio.project.file('bad.image.yaml'), 1],
      [studio.project.file('imagegen.config.json'), 2],
    ])
  })

  it.each(['vim', 'nano -w', 'emacs'])('in the terminal is not started: %s', async (EDITOR) => {
    const { findEditor } = await import('../../src/studio/actions/programs.ts')
    expect(findEditor({ EDITOR, PATH: process.env['PATH'] ?? '' })?.name).not.toBe(
      EDITOR.split(' ')[0],
    )
  })
})
