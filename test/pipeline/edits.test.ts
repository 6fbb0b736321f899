import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
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
  const pipeline = await openPipeline(root, { url: emulator.url })
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
