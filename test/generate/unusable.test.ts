import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createOpenAI } from 'openai-v3'
import fsDriver from 'unstorage/drivers/fs'
import { describe, expect, test } from 'vitest'
import type { ImageModel } from '../../src/model/image-model.ts'
import type { Pipeline } from '../../src/pipeline.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { selectPlan } from '../../src/plan/select.ts'
import { parseReceipt } from '../../src/store/receipt.ts'
import { sendJson, serve, type Loopback } from '../model/loopback.ts'
import { temporaryProject } from '../temporary-project.ts'
import { freshClone } from './fresh-clone.ts'
import { generateAll, openPipeline, statesOf } from './running.ts'

let colour = 0

/** A service that draws every picture in these sizes, one after the other, whatever it is asked for. */
async function drawing(...sizes: Array<readonly [number, number] | 'garbage'>): Promise<Loopback> {
  let drawn = 0
  return serve(async (response) => {
    const size = sizes[Math.min(drawn++, sizes.length - 1)]!
    if (size === 'garbage') {
      const b64_json = Buffer.from(`no picture ${drawn}`).toString('base64')
      return sendJson(response, { created: 1, data: [{ b64_json }] })
    }
    const sharp = await loadSharp()
    const background = { r: (colour += 7) % 256, g: drawn, b: 9 }
    const [width, height] = size
    const png = await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer()
    return sendJson(response, { created: 1, data: [{ b64_json: png.toString('base64') }] })
  })
}

const WIDE = 'prompt: a lighthouse\nalt: ""\nmodel: gpt\naspectRatio: 16:9\n'

async function open(root: string, server: Loopback, inline: object = {}): Promise<Pipeline> {
  const gpt: ImageModel = createOpenAI({ baseURL: server.url, apiKey: 'sk-test-0123' }).image(
    'gpt-image-1',
  )
  return openPipeline(root, { url: server.url, inline: { models: { gpt }, ...inline } })
}

function markersIn(root: string): string[] {
  return readdirSync(path.join(root, '.imagegen')).filter((name) => name.endsWith('.json'))
}

const never = new AbortController().signal

describe('a picture that was paid for and cannot be used', () => {
  test('of another size is taken on purpose from quarantine, here and in a fresh clone', async () => {
    const server = await drawing([1024, 1024])
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    const survey = await pipeline.survey()
    const [image] = survey.plan.images
    expect(image!.reason).toContain('`imagegen adopt ID FILE --keep-prompt`')
    const quarantine = path.join(root, '.imagegen/quarantine')
    const name = readdirSync(quarantine).find((each) => each.endsWith('.png'))!
    const adoption = await pipeline.adoptFile(
      image!,
      { kind: 'file', file: path.join(quarantine, name) },
      survey,
      { keepPrompt: true, origin: 'elsewhere', signal: never },
    )
    expect(adoption.survey.plan.summary).toMatchObject({ current: 1, unusable: 0 })
    for (const folder of [root, freshClone(root)]) {
      const other = await open(folder, server)
      const { plan } = await other.fulfil(never)
      expect(plan.images).toMatchObject([{ state: 'current', origin: 'elsewhere' }])
      const now = await other.survey()
      const { renditions } = await other.render(now.plan.images[0]!, now, never)
      expect(renditions.at(-1)).toMatchObject({ width: 1024, height: 1024 })
    }
    // What was adopted does not show that the model draws it.
    writeFileSync(path.join(root, 'b.image.yaml'), WIDE.replace('a lighthouse', 'a harbour'))
    const { report } = await generateAll(await open(root, server))
    expect(report.failures[0]?.problem.message).toContain('does not draw `aspectRatio: 16:9`')
    rmSync(path.join(root, 'b.image.yaml'))
    // What was paid for stays on record: a second candidate is not asked for without a word.
    writeFileSync(path.join(root, 'a.image.yaml'), `${WIDE}n: 2\n`)
    expect(await statesOf(pipeline)).toEqual({ a: 'unusable' })
    expect(server.received).toHaveLength(1)
  })

  test.each([
    ['1024x1024', [1024, 1024]],
    ['1536x1024', [1536, 1024]],
  ] as const)('is paid for once in any number of runs (%s)', async (_, size) => {
    const server = await drawing(size)
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    const first = await generateAll(await open(root, server))
    expect(first.report.failures).toMatchObject([{ code: 'unusable' }])
    expect(first.report.failures[0]?.problem.hint).toContain(
      '`size: 1536x1024` and `output: { aspectRatio: 16:9 }`',
    )
    const pipeline = await open(root, server)
    for (let run = 0; run < 3; run++) await generateAll(pipeline)
    await expect(pipeline.fulfil(never)).rejects.toThrow(/size: 1536x1024.*aspectRatio: 16:9/s)
    expect(server.received).toHaveLength(1)
    const { images, plan } = await pipeline.survey()
    expect(plan.summary).toMatchObject({ unusable: 1, missing: 0, pictures: 0, usd: 0 })
    expect(images.get('a.image.yaml')).toMatchObject({ state: 'unusable', usd: 0 })
    expect(images.get('a.image.yaml')?.reason).toContain(`has ${_} pixels`)
    expect((await pipeline.store.verify()).problems).toEqual([])
  })

  test('leaves a receipt of version 2 without bytes, and the bytes in quarantine', async () => {
    const server = await drawing([1024, 1024])
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    await generateAll(await open(root, server))
    const [name = '', ...others] = markersIn(root)
    expect(others).toEqual([])
    const reading = parseReceipt(readFileSync(path.join(root, '.imagegen', name), 'utf8'))
    expect(reading).toMatchObject({
      marker: {
        version: 2,
        entry: 'a.image.yaml',
        unusable: expect.stringContaining('1024x1024') as string,
        provider: 'openai',
        usd: null,
        width: 1024,
        height: 1024,
      },
    })
    const kept = readdirSync(path.join(root, '.imagegen/quarantine'))
    expect(kept.filter((each) => each.endsWith('.png'))).toHaveLength(1)
  })

  test.each(['generate', 'frozen'])('is known in a fresh clone, in mode %s too', async (mode) => {
    const server = await drawing([1024, 1024])
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    await generateAll(await open(root, server))
    const clone = await open(freshClone(root), server, { mode })
    expect(await statesOf(clone)).toEqual({ a: 'unusable' })
    await expect(clone.fulfil(never)).rejects.toThrow('is unusable')
    expect(server.received).toHaveLength(1)
  })

  test('is not asked for again by a run that planned before it arrived', async () => {
    const server = await drawing([1024, 1024])
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    const late = await open(root, server)
    const survey = await late.survey()
    await generateAll(await open(root, server))
    const report = await late.generate(survey, survey.plan.jobs, {
      signal: never,
      abandon: never,
      onEvent: () => undefined,
    })
    expect(report.failures).toMatchObject([{ code: 'unusable' }])
    expect(server.received).toHaveLength(1)
  })

  test('is asked for again by `--replace`, with another picture in its place', async () => {
    const server = await drawing([1024, 1024], [1600, 900])
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    const { report } = await generateAll(pipeline, {
      choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs,
    })
    expect(report.failures).toEqual([])
    expect(server.received).toHaveLength(2)
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
    expect(markersIn(root)).toHaveLength(1)
    expect(await statesOf(await open(freshClone(root), server, { mode: 'frozen' }))).toEqual({
      a: 'current',
    })
  })

  test('stays unusable where `--replace` brings no better one', async () => {
    const server = await drawing('garbage', 'garbage')
    const { root } = await temporaryProject({ 'a.image.yaml': WIDE })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    await generateAll(pipeline, {
      choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs,
    })
    await generateAll(pipeline)
    expect(server.received).toHaveLength(2)
    expect(await statesOf(pipeline)).toEqual({ a: 'unusable' })
    expect(markersIn(root)).toHaveLength(2)
  })

  test('can be requested again with another recipe', async () => {
    const server = await drawing([1024, 1024], [1536, 1024])
    const { root, write } = await temporaryProject({ 'a.image.yaml': WIDE })
    await generateAll(await open(root, server))
    write({
      'a.image.yaml': WIDE.replace(
        'aspectRatio: 16:9',
        'size: 1536x1024\noutput: { aspectRatio: 16:9 }',
      ),
    })
    const pipeline = await open(root, server)
    const { report } = await generateAll(pipeline)
    expect(report.failures).toEqual([])
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
  })

  test('blocks what needs it, and survives pruning', async () => {
    const server = await drawing('garbage')
    const { root } = await temporaryProject({
      'a.image.yaml':
        'defaults: { alt: "", model: gpt }\nimages: { a: { prompt: a }, b: { prompt: b, references: ["#a"] } }',
    })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    expect(await statesOf(pipeline)).toEqual({ a: 'unusable', b: 'blocked' })
    await pipeline.store.trash(await pipeline.store.findUnused(new Set()))
    expect(await statesOf(pipeline)).toEqual({ a: 'unusable', b: 'blocked' })
    expect(server.received).toHaveLength(1)
  })

  test('is not requested again if other candidates of the same key are good', async () => {
    const server = await drawing([64, 64], 'garbage')
    const { root, write } = await temporaryProject({
      'a.image.yaml': 'prompt: a\nalt: ""\nmodel: gpt\nsize: 64x64\n',
    })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    write({ 'a.image.yaml': 'prompt: a\nalt: ""\nmodel: gpt\nsize: 64x64\nn: 2\n' })
    await generateAll(pipeline)
    await generateAll(pipeline)
    expect(await statesOf(pipeline)).toEqual({ a: 'unusable' })
    expect(server.received).toHaveLength(2)
    // The one that is there is used once no more are wanted.
    write({ 'a.image.yaml': 'prompt: a\nalt: ""\nmodel: gpt\nsize: 64x64\n' })
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
  })

  test('is known to every project that shares the remote, until it is replaced', async () => {
    const server = await drawing([1024, 1024], [1600, 900])
    const { root, file } = await temporaryProject({ 'a.image.yaml': WIDE })
    const inline = { store: { remote: fsDriver({ base: file('shared') }) } }
    const one = await open(root, server, inline)
    await generateAll(one)

    // Nothing of the store is in git here.
    const { root: elsewhere } = await temporaryProject({ 'a.image.yaml': WIDE })
    const other = await open(elsewhere, server, inline)
    expect(await statesOf(other)).toEqual({ a: 'unusable' })
    await generateAll(other)
    expect(server.received).toHaveLength(1)
    expect(markersIn(elsewhere)).toHaveLength(1)

    await generateAll(other, { choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs })
    expect(await statesOf(other)).toEqual({ a: 'current' })
    expect(await statesOf(await open(root, server, inline))).toEqual({ a: 'current' })
    const { root: third } = await temporaryProject({ 'a.image.yaml': WIDE })
    expect(await statesOf(await open(third, server, inline))).toEqual({ a: 'current' })
    expect(server.received).toHaveLength(2)
  })

  test('is taken on purpose through the remote too, where another project knows it as unusable', async () => {
    const server = await drawing([1024, 1024])
    const { root, file } = await temporaryProject({ 'a.image.yaml': WIDE })
    const inline = { store: { remote: fsDriver({ base: file('shared') }) } }
    const one = await open(root, server, inline)
    await generateAll(one)
    const { root: elsewhere } = await temporaryProject({ 'a.image.yaml': WIDE })
    const other = await open(elsewhere, server, inline)
    expect(await statesOf(other)).toEqual({ a: 'unusable' })

    const quarantine = file('.imagegen/quarantine')
    const name = readdirSync(quarantine).find((each) => each.endsWith('.png'))!
    const survey = await one.survey()
    await one.adoptFile(
      survey.plan.images[0]!,
      { kind: 'file', file: path.join(quarantine, name) },
      survey,
      { keepPrompt: true, origin: 'elsewhere', signal: never },
    )
    for (const pipeline of [one, other]) {
      const { plan } = await pipeline.fulfil(never)
      expect(plan.images).toMatchObject([{ state: 'current', origin: 'elsewhere' }])
    }
    expect(server.received).toHaveLength(1)
  })

  test('reaches a remote that came later by `push`', async () => {
    const server = await drawing('garbage')
    const { root, file } = await temporaryProject({ 'a.image.yaml': WIDE })
    await generateAll(await open(root, server))
    const inline = { store: { remote: fsDriver({ base: file('shared') }) } }
    const pipeline = await open(root, server, inline)
    const how = { isDry: false, isThorough: false, signal: never, onProgress: () => undefined }
    await pipeline.store.push(how)
    const { root: elsewhere } = await temporaryProject({ 'a.image.yaml': WIDE })
    expect(await statesOf(await open(elsewhere, server, inline))).toEqual({ a: 'unusable' })
  })
})

describe('a picture that the key has already', () => {
  const TWO = 'prompt: a lighthouse\nalt: ""\nmodel: gpt\nsize: 64x64\nn: 2\n'

  /** A service that draws the same picture until its nth answer. */
  async function repeating(until = Infinity): Promise<Loopback> {
    const sharp = await loadSharp()
    const draw = async (red: number): Promise<string> => {
      const background = { r: red, g: 5, b: 9 }
      const image = sharp({ create: { width: 64, height: 64, channels: 3, background } })
      return (await image.png().toBuffer()).toString('base64')
    }
    let drawn = 0
    return serve(async (response) => {
      drawn += 1
      sendJson(response, {
        created: 1,
        data: [{ b64_json: await draw(drawn < until ? 0 : drawn) }],
      })
    })
  }

  test('is paid for once more and no third time, here and in a fresh clone', async () => {
    const server = await repeating()
    const { root, write } = await temporaryProject({ 'a.image.yaml': TWO })
    const first = await generateAll(await open(root, server))
    expect(first.report.failures).toMatchObject([{ code: 'unusable' }])
    const { problem } = first.report.failures[0]!
    expect(problem.message).toContain('the provider returned a picture that is already there')
    expect(problem.message).toContain('1 of 2 candidates')
    expect(problem.hint).toContain('set `n` to 1')
    expect(server.received).toHaveLength(2)
    for (const folder of [root, freshClone(root)]) {
      const pipeline = await open(folder, server)
      const { report } = await generateAll(pipeline)
      expect(report).toMatchObject({ generated: [], failures: [] })
      await expect(pipeline.fulfil(never)).rejects.toThrow('set `n` to 1')
      const { plan } = await pipeline.survey()
      expect(plan.summary).toMatchObject({ unusable: 1, missing: 0, pictures: 0 })
      expect(plan.images[0]!.reason).toBe(
        'paid for, but the provider returned a picture that is already there; set `n` to 1, change its recipe, or request it again with `imagegen generate --replace ID`',
      )
      expect((await pipeline.store.verify()).problems).toEqual([])
    }
    expect(server.received).toHaveLength(2)

    write({ 'a.image.yaml': TWO.replace('n: 2\n', '') })
    const { plan } = await (await open(root, server)).fulfil(never)
    expect(plan.summary).toMatchObject({ current: 1, pictures: 0 })
    expect(server.received).toHaveLength(2)
  })

  test('is not asked for again by a run that planned before it arrived', async () => {
    const server = await repeating()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const late = await open(root, server)
    const survey = await late.survey()
    await generateAll(await open(root, server))
    const { failures } = await late.generate(survey, survey.plan.jobs, {
      signal: never,
      abandon: never,
      onEvent: () => undefined,
    })
    expect(failures).toMatchObject([{ code: 'unusable' }])
    expect(failures[0]?.problem.hint).toContain('set `n` to 1')
    expect(server.received).toHaveLength(2)
  })

  test('is not taken for a duplicate where a killed process left it', async () => {
    const server = await repeating()
    const { root, write } = await temporaryProject({
      'a.image.yaml': TWO.replace('n: 2\n', ''),
    })
    const pipeline = await open(root, server)
    const { survey } = await generateAll(pipeline)
    const { key } = survey.plan.images[0]!.made!
    const { candidates } = (await pipeline.survey()).snapshot.lookup(key)
    const [{ receipt, file } = { receipt: undefined, file: '' }] = candidates
    // The answer was stored, and the process ended before it removed it from `pending/`.
    await pipeline.store.savePending({
      version: 1,
      key,
      recipe: receipt!.recipe,
      name: receipt!.name,
      inputs: [],
      provider: 'openai',
      model: 'gpt-image-1',
      responseId: null,
      usd: null,
      time: receipt!.time,
      requested: 1,
      seed: null,
      images: [readFileSync(file).toString('base64')],
      expected: { aspectRatio: null, size: null },
      warnings: [],
      metadata: {},
    })
    await pipeline.store.recover()
    expect(markersIn(root)).toHaveLength(1)
    write({ 'a.image.yaml': TWO })
    expect(await statesOf(pipeline)).toEqual({ a: 'missing' })
  })

  test('is known to every project that shares the remote, and its candidate outlives `--replace`', async () => {
    const server = await repeating(3)
    const { root, file } = await temporaryProject({ 'a.image.yaml': TWO })
    const inline = { store: { remote: fsDriver({ base: file('shared') }) } }
    const one = await open(root, server, inline)
    await generateAll(one)
    const { root: elsewhere } = await temporaryProject({ 'a.image.yaml': TWO })
    const other = await open(elsewhere, server, inline)
    expect(await statesOf(other)).toEqual({ a: 'unusable' })
    await generateAll(other)
    expect(server.received).toHaveLength(2)

    await generateAll(other, { choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs })
    expect(await statesOf(other)).toEqual({ a: 'current' })
    expect(await statesOf(one)).toEqual({ a: 'current' })
    const { root: third } = await temporaryProject({ 'a.image.yaml': TWO })
    expect(await statesOf(await open(third, server, inline))).toEqual({ a: 'current' })
    expect(server.received).toHaveLength(3)
  })

  test('in the place of an outdated one leaves no marker: that one stays in use', async () => {
    const server = await repeating()
    const { root, file } = await temporaryProject({
      'a.image.yaml':
        'defaults: { alt: "", model: gpt }\nimages: { a: { prompt: a }, b: { prompt: b, references: ["#a"] } }',
    })
    const pipeline = await open(root, server)
    await generateAll(pipeline)
    const { plan, snapshot } = await pipeline.survey()
    const { candidates } = snapshot.lookup(plan.images[0]!.made!.key)
    rmSync(candidates[0]!.file)
    rmSync(candidates[0]!.file.replace(/\.png$/, '.json'))
    const sharp = await loadSharp()
    const background = { r: 77, g: 5, b: 9 }
    await sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toFile(file('other.png'))
    const survey = await pipeline.survey()
    await pipeline.adoptFile(
      survey.plan.images[0]!,
      { kind: 'file', file: file('other.png') },
      survey,
      { keepPrompt: true, origin: 'elsewhere', signal: never },
    )
    expect(await statesOf(pipeline)).toEqual({ a: 'current', b: 'outdated' })
    const { report } = await generateAll(pipeline, {
      choose: (now) => selectPlan(now.plan, [], { outdated: true }).jobs,
    })
    expect(report.failures[0]?.problem.hint).toContain('The outdated picture stays in use.')
    expect(await statesOf(pipeline)).toEqual({ a: 'current', b: 'outdated' })
    expect(markersIn(root)).toHaveLength(2)
  })

  test('is forgotten by a remote that was not there when it was replaced', async () => {
    const server = await repeating(3)
    const { root, file } = await temporaryProject({ 'a.image.yaml': TWO })
    const inline = { store: { remote: fsDriver({ base: file('shared') }) } }
    await generateAll(await open(root, server, inline))
    await generateAll(await open(root, server), {
      choose: ({ plan }) => selectPlan(plan, [], { replace: 'a' }).jobs,
    })
    const how = { isDry: false, isThorough: false, signal: never, onProgress: () => undefined }
    await (await open(root, server, inline)).store.push(how)
    const { root: elsewhere } = await temporaryProject({
      'a.image.yaml': TWO.replace('n: 2', 'n: 3'),
    })
    const other = await open(elsewhere, server, inline)
    expect((await other.survey()).plan.images).toMatchObject([
      { state: 'missing', reason: '2 of 3 candidates' },
    ])
  })
})
