import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fsDriver from 'unstorage/drivers/fs-lite'
import { describe, expect, test } from 'vitest'
import { minimax } from '../../src/model/minimax/minimax.ts'
import {
  manifestDigest,
  type FileEdit,
  type ManifestEdit,
  type Pipeline,
  type PriceDifference,
} from '../../src/pipeline.ts'
import { generateAll, openPipeline, statesOf, testEmulator } from '../generate/running.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

const FREE: PriceDifference = { requests: 0, pictures: 0, usd: 0 }

/** A project on an emulator, and its edits. */
async function opened(files: FileTree): Promise<{
  readonly pipeline: Pipeline
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  readonly file: (name: string) => string
  readonly requests: () => number
  /** Plans an edit, writes it, and returns it. */
  readonly apply: (
    edit: (survey: Awaited<ReturnType<Pipeline['survey']>>) => Promise<ManifestEdit>,
  ) => Promise<ManifestEdit>
  readonly generate: () => Promise<unknown>
}> {
  const emulator = await testEmulator()
  const { root, file } = await temporaryProject(files)
  const pipeline = await openPipeline(root, {
    url: emulator.url,
    // Forty tiles would wait for the account's rate limit.
    inline: {
      budget: { images: 100 },
      models: { 'image-01': minimax('image-01', { rpm: 10_000 }) },
    },
  })
  return {
    pipeline,
    file,
    read: (name) => readFileSync(file(name), 'utf8'),
    write: (name, text) => writeFileSync(file(name), text),
    requests: () => emulator.stats().requests,
    async apply(edit) {
      const planned = await edit(await pipeline.survey())
      await pipeline.write(planned)
      return planned
    },
    generate: () => generateAll(pipeline),
  }
}

/** The first digits of an image's candidates, in the order of `pick`. */
async function digestsOf(pipeline: Pipeline, id: string): Promise<string[]> {
  const survey = await pipeline.survey()
  const { candidates } = survey.snapshot.lookup(survey.images.get(id)!.made!.key)
  return candidates.map(({ receipt }) => receipt.sha256.slice(0, 8))
}

const CAST = 'images:\n  kira: # the hero\n    prompt: Kira\n    alt: ""\n    n: 2\n'
const SCENE = 'prompt: A scene\nalt: ""\nreferences: ["./cast.image.yaml#kira"]\n'
const KIRA = 'cast.image.yaml#kira'

describe('a picked candidate', () => {
  test('is written by its digest, and what refers to the image becomes missing', async () => {
    const { pipeline, read, generate, file } = await opened({
      'cast.image.yaml': CAST,
      'scene.image.yaml': SCENE,
    })
    await generate()
    const [, second] = await digestsOf(pipeline, KIRA)
    const edit = await pipeline.pick(await pipeline.survey(), KIRA, 2)
    const after = CAST.replace('Kira\n', `Kira\n    pick: "${second}"\n`)
    expect(edit.files).toEqual<FileEdit[]>([
      { manifest: 'cast.image.yaml', file: file('cast.image.yaml'), before: CAST, after },
    ])
    expect(edit).toMatchObject({
      ids: [KIRA],
      missing: ['scene.image.yaml'],
      difference: { requests: 1, pictures: 1, usd: 0.0035 },
    })
    // Nothing is written until the caller says so.
    expect(read('cast.image.yaml')).toBe(CAST)
    await pipeline.write(edit)
    expect(read('cast.image.yaml')).toBe(after)
    expect(await statesOf(pipeline)).toEqual({ kira: 'current', scene: 'missing' })
  })

  test('that is in use already changes nothing, by number or by digest', async () => {
    const { pipeline, generate } = await opened({ 'cast.image.yaml': CAST })
    await generate()
    const [first = ''] = await digestsOf(pipeline, KIRA)
    for (const choice of [1, first, first.toUpperCase()]) {
      const edit = await pipeline.pick(await pipeline.survey(), KIRA, choice)
      expect(edit).toMatchObject({ files: [], ids: [], missing: [], difference: FREE })
    }
  })

  test('and going back never pays twice for what refers to it', async () => {
    const { pipeline, read, apply, generate, requests } = await opened({
      'cast.image.yaml': CAST,
      'scene.image.yaml': SCENE,
    })
    await generate()
    await apply((survey) => pipeline.pick(survey, KIRA, 2))
    await generate()
    const paid = requests()
    const back = await apply((survey) => pipeline.pick(survey, KIRA, 1))
    // The scene was made for the number: its digest would be another key.
    expect(back).toMatchObject({ difference: FREE, missing: [] })
    expect(read('cast.image.yaml')).toContain('    pick: 1\n')
    expect(await statesOf(pipeline)).toEqual({ kira: 'current', scene: 'current' })
    const again = await apply((survey) => pipeline.pick(survey, KIRA, 2))
    expect(again).toMatchObject({ difference: FREE, missing: [] })
    await generate()
    expect(requests()).toBe(paid)
  })

  test('that does not exist is refused with the list', async () => {
    const { pipeline, generate } = await opened({ 'cast.image.yaml': CAST })
    await generate()
    const digests = await digestsOf(pipeline, KIRA)
    const survey = await pipeline.survey()
    await expect(pipeline.pick(survey, KIRA, 3)).rejects.toThrow(
      `Its candidates are 1 (${digests[0]}), 2 (${digests[1]}).`,
    )
    await expect(pipeline.pick(survey, KIRA, '00000000')).rejects.toThrow('begins with 00000000')
  })
})

describe('an edit of the fields of an image', () => {
  test('removes a pick of the old recipe in the same write, and keeps one that still means something', async () => {
    const { pipeline, read, apply, generate, requests } = await opened({ 'cast.image.yaml': CAST })
    await generate()
    const asked = requests()
    await apply((survey) => pipeline.pick(survey, KIRA, 2))
    const picked = read('cast.image.yaml')
    expect(picked).toMatch(/pick: "[0-9a-f]{8}"/)
    // Alternatives and spaces are not part of the recipe.
    await apply((survey) => pipeline.editFields(survey, KIRA, { alt: 'Kira', n: 3 }))
    expect(read('cast.image.yaml')).toBe(
      picked.replace('alt: ""', 'alt: "Kira"').replace('n: 2', 'n: 3'),
    )
    const edit = await apply((survey) => pipeline.editFields(survey, KIRA, { prompt: 'Mira' }))
    expect(read('cast.image.yaml')).toBe(
      CAST.replace('prompt: Kira', 'prompt: Mira')
        .replace('alt: ""', 'alt: "Kira"')
        .replace('n: 2', 'n: 3'),
    )
    expect(edit).toMatchObject({ ids: [KIRA] })
    expect(requests()).toBe(asked)
  })

  test('exchanges a size for an aspect ratio, and removes fields', async () => {
    const text = 'images:\n  kira: { prompt: x, alt: "", size: 512x512, seed: 7 }\n'
    const { pipeline, read, apply } = await opened({ 'cast.image.yaml': text })
    await apply((survey) =>
      pipeline.editFields(survey, KIRA, { aspectRatio: '16:9', seed: null, prompt: 'y\nz' }),
    )
    expect(read('cast.image.yaml')).toBe(
      'images:\n  kira: { prompt: "y\\nz", aspectRatio: 16:9, alt: "" }\n',
    )
  })

  test('that is not valid is refused with its place, and nothing is planned', async () => {
    const { pipeline } = await opened({ 'cast.image.yaml': CAST })
    const survey = await pipeline.survey()
    for (const fields of [
      { prompt: '${nobody}' },
      { aspectRatio: '5:4' },
      { n: 0 },
      { size: 'x' },
    ]) {
      await expect(pipeline.editFields(survey, KIRA, fields)).rejects.toMatchObject({
        code: 'manifest',
        problems: [{ place: { file: 'cast.image.yaml' } }],
      })
    }
  })

  test('is refused if the manifest is not as it was seen', async () => {
    const { pipeline, write, read, file } = await opened({ 'cast.image.yaml': CAST })
    const seen = manifestDigest((await pipeline.survey()).manifestAt('cast.image.yaml')!)
    write('cast.image.yaml', `${CAST}    seed: 7\n`)
    const survey = await pipeline.survey([file('cast.image.yaml')])
    await expect(
      pipeline.editFields(survey, KIRA, { alt: 'Kira' }, { expectedDigest: seen }),
    ).rejects.toMatchObject({ code: 'conflict' })
    const edit = await pipeline.editFields(survey, KIRA, { alt: 'Kira' })
    write('cast.image.yaml', CAST)
    await expect(pipeline.write(edit)).rejects.toMatchObject({ code: 'conflict' })
    expect(read('cast.image.yaml')).toBe(CAST)
  })
})

describe('an edit that leaves a digest without its candidate', () => {
  test('removes it also from images that refer to the edited one, in the same write', async () => {
    const { pipeline, read, apply, generate } = await opened({
      'cast.image.yaml': CAST,
      'scene.image.yaml': `${SCENE}n: 2\n`,
    })
    await generate()
    await apply((survey) => pipeline.pick(survey, 'scene.image.yaml', 2))
    const scene = read('scene.image.yaml')
    expect(scene).toMatch(/pick: "[0-9a-f]{8}"/)
    const edit = await apply((survey) => pipeline.reroll(survey, KIRA))
    expect(edit.ids).toEqual([KIRA, 'scene.image.yaml'])
    expect(edit.files.map(({ manifest }) => manifest)).toEqual([
      'cast.image.yaml',
      'scene.image.yaml',
    ])
    expect(read('scene.image.yaml')).toBe(`${SCENE}n: 2\n`)
    expect(await statesOf(pipeline)).toEqual({ kira: 'missing', scene: 'missing' })
  })

  test('writes `pick: 1` where the digest is shared with images that keep it', async () => {
    const text = `images:
  "tile-\${s}":
    prompt: A tile
    alt: ""
    n: 2
    matrix: { s: [a, b] }
`
    const { pipeline, read, write, apply, generate } = await opened({ 'tiles.image.yaml': text })
    await generate()
    const [, second] = await digestsOf(pipeline, 'tiles.image.yaml#tile-a')
    write('tiles.image.yaml', text.replace('n: 2', `n: 2\n    pick: "${second}"`))
    await apply((survey) => pipeline.reroll(survey, 'tile-a'))
    expect(read('tiles.image.yaml')).toBe(
      `${text.replace('n: 2', `n: 2\n    pick: "${second}"`)}    overrides:
      - when: { s: a }
        pick: 1
        revision: 1
`,
    )
    expect(await statesOf(pipeline)).toEqual({ 'tile-a': 'missing', 'tile-b': 'current' })
  })
})

/** Forty tiles, as an artist writes them. */
const TILES = `# the map
defaults: { size: 512x512 } # all square
images:
  "\${place}-\${season}":
    # seen from above
    prompt: "\${place} in \${season}, from above" # keep short
    alt: "\${place}, \${season}"
    matrix:
      place: [coast, forest, town, hill, lake, field, swamp, dunes, cave, pass]
      season: [spring, summer, autumn, winter]
`

describe('one of forty tiles', () => {
  const TILE = 'tiles.image.yaml#lake-winter'

  test('is rolled again, picked and adopted without the other thirty-nine', async () => {
    const { pipeline, read, apply, generate, requests } = await opened({
      'tiles.image.yaml': TILES,
      'package.json': '{"name":"tiles","type":"module"}',
    })
    await generate()
    expect(requests()).toBe(40)
    const rolled = await apply((survey) => pipeline.reroll(survey, TILE))
    expect(rolled).toMatchObject({ ids: [TILE], missing: [TILE], difference: { pictures: 1 } })
    const override = '    overrides:\n      - when: { place: lake, season: winter }\n'
    expect(read('tiles.image.yaml')).toBe(`${TILES}${override}        revision: 1\n`)
    await generate()
    expect(requests()).toBe(41)

    await apply((survey) => pipeline.editFields(survey, TILE, { n: 2 }))
    await generate()
    expect(requests()).toBe(42)
    const picked = await apply((survey) => pipeline.pick(survey, TILE, 2))
    expect(picked).toMatchObject({ ids: [TILE], missing: [] })
    const [, second] = await digestsOf(pipeline, TILE)
    expect(read('tiles.image.yaml')).toBe(
      `${TILES}${override}        pick: "${second}"\n        n: 2\n        revision: 1\n`,
    )
    await apply((survey) => pipeline.pick(survey, TILE, 1))
    await apply((survey) => pipeline.pick(survey, TILE, 2))
    await generate()
    expect(requests()).toBe(42)

    const again = await apply((survey) => pipeline.reroll(survey, TILE))
    expect(again.ids).toEqual([TILE])
    expect(read('tiles.image.yaml')).toBe(`${TILES}${override}        n: 2\n        revision: 2\n`)
    const other = await apply((survey) => pipeline.reroll(survey, 'coast-spring'))
    expect(other.ids).toEqual(['tiles.image.yaml#coast-spring'])
    expect(read('tiles.image.yaml')).toBe(
      `${TILES}${override}        n: 2\n        revision: 2\n      - when: { place: coast, season: spring }\n        revision: 1\n`,
    )
    const states = await statesOf(pipeline)
    expect(Object.keys(states).filter((name) => states[name] === 'missing')).toEqual([
      'coast-spring',
      'lake-winter',
    ])
  })

  test('is adopted alone, in its override', async () => {
    const { pipeline, read, file, write } = await opened({ 'tiles.image.yaml': TILES })
    write('mine.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    const survey = await pipeline.survey()
    const image = survey.images.get(TILE)!
    await pipeline.adoptFile(image, { kind: 'file', file: file('mine.svg') }, survey, {
      keepPrompt: false,
      origin: 'elsewhere',
      signal: new AbortController().signal,
    })
    expect(read('tiles.image.yaml')).toBe(
      `${TILES}    overrides:\n      - when: { place: lake, season: winter }\n        source: ./mine.svg\n`,
    )
    const states = Object.values(await statesOf(pipeline))
    expect(states.filter((state) => state === 'missing')).toHaveLength(39)
  })

  test('and all of them by the name of their entry, which says whom it changes', async () => {
    const { pipeline } = await opened({ 'tiles.image.yaml': TILES })
    const survey = await pipeline.survey()
    const edit = await pipeline.reroll(survey, '${place}-${season}')
    expect(edit.ids).toHaveLength(40)
    expect(edit.files[0]!.after).toBe(
      TILES.replace('# keep short\n', '# keep short\n    revision: 1\n'),
    )
  })
})

describe('a candidate that only the remote has', () => {
  test('is found by its digest, picked for free, and unknown while the remote is not asked', async () => {
    const emulator = await testEmulator()
    const { root: shared } = await temporaryProject()
    const driver = fsDriver({ base: path.join(shared, 'remote') })
    const remote = { store: { remote: driver } }
    const here = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(here.root, { url: emulator.url, inline: remote })
    await generateAll(pipeline)
    const [first = '', second = ''] = await digestsOf(pipeline, KIRA)

    // Another checkout has the first candidate and its receipt, as from git.
    const there = await temporaryProject({ 'cast.image.yaml': CAST.replace('    n: 2\n', '') })
    mkdirSync(there.file('.imagegen'))
    for (const name of readdirSync(here.file('.imagegen'))) {
      if (name.includes(first))
        copyFileSync(here.file(`.imagegen/${name}`), there.file(`.imagegen/${name}`))
    }
    const other = await openPipeline(there.root, { url: emulator.url, inline: remote })
    expect((await other.survey()).images.get(KIRA)?.state).toBe('current')
    await other.write(await other.pick(await other.survey(), KIRA, second))
    expect(readFileSync(there.file('cast.image.yaml'), 'utf8')).toContain(`pick: "${second}"`)
    const survey = await other.survey()
    expect(survey.images.get(KIRA)).toMatchObject({ state: 'current' })
    expect(survey.images.get(KIRA)?.picked?.startsWith(second)).toBe(true)
    expect(emulator.stats().requests).toBe(1)

    // Placeholders ask no remote, so they cannot know that the digest fits nothing here.
    for (const name of readdirSync(there.file('.imagegen'))) {
      if (name.includes(second)) rmSync(there.file(`.imagegen/${name}`))
    }
    const placeholder = await openPipeline(there.root, {
      url: emulator.url,
      inline: { ...remote, mode: 'placeholder' },
    })
    const unknown = await placeholder.survey()
    expect(unknown.problems.size).toBe(0)
    expect(unknown.images.get(KIRA)?.state).toBe('unavailable')
  })
})
