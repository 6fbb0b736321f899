import { rmSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { resolveOutput } from '../../src/manifest/schema/output.ts'
import { resolveOptions } from '../../src/options.ts'
import {
  createPipeline,
  mediaOf,
  withMedia,
  type Pipeline,
  type ShownImage,
  type Survey,
} from '../../src/pipeline.ts'
import { imageKey, pictureKey, renditionKey } from '../../src/render/rendition.ts'
import { createSilentLogger } from '../../src/shared/logger.ts'
import { testEmulator } from '../generate/running.ts'
import { planFiles } from '../plan/planning.ts'
import { temporaryProject } from '../temporary-project.ts'

/** Red on the left and blue on the right, with a small yellow square in the upper right corner. */
async function flag(): Promise<Buffer> {
  const area = (width: number, height: number, background: string) => ({
    create: { width, height, channels: 3 as const, background },
  })
  return sharp(area(128, 64, '#f00'))
    .composite([
      { input: area(64, 64, '#00f'), left: 64, top: 0 },
      { input: area(16, 16, '#ff0'), left: 112, top: 0 },
    ])
    .png()
    .toBuffer()
}

const signal = new AbortController().signal

async function opened(root: string, host = 'http://127.0.0.1:1'): Promise<Pipeline> {
  const options = await resolveOptions({
    start: root,
    inline: { types: false },
    mode: 'production',
    isBuild: true,
    environment: { MINIMAX_API_HOST: host, MINIMAX_API_KEY: 'test-api-key' },
  })
  return createPipeline(options, createSilentLogger())
}

async function shown(pipeline: Pipeline, survey: Survey, id: string): Promise<ShownImage> {
  return withMedia(survey.images.get(id)!, survey, (one) => pipeline.render(one, survey, signal))
}

/** The colour in the middle of a file, and its size. */
async function look(
  file: string,
): Promise<readonly [colour: string, width: number, height: number]> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const middle = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * 3
  const colour = data.subarray(middle, middle + 3).toString('hex')
  return [colour, info.width, info.height]
}

describe('what an image shows for its media', () => {
  test('is cropped where the position says, from the picture after `process`', async () => {
    const { root } = await temporaryProject({
      'flag.image.yaml': `images:
  flag:
    source: ./flag.png
    alt: ""
    output:
      formats: [png]
      media:
        - { media: "(max-width: 1px)", aspectRatio: 1:1, position: west }
        - { media: "(max-width: 2px)", aspectRatio: 1:1, position: east }
        - { media: "(max-width: 3px)", aspectRatio: 1:4, position: attention, widths: [8] }
        - { media: "(max-width: 4px)", aspectRatio: 1:4, position: entropy }
        - { media: "(max-width: 5px)", image: "#mirrored" }
        - { media: "(max-width: 6px)", image: "#mirrored", aspectRatio: 1:1, position: west }
        - { media: "(max-width: 7px)", aspectRatio: 4:1, fit: contain }
  mirrored: { source: ./flag.png, alt: "", process: [flop], output: { formats: [png], widths: [64] } }
`,
      'flag.png': await flag(),
    })
    const pipeline = await opened(root)
    const survey = await pipeline.survey()
    expect(survey.problems.size).toBe(0)
    const { media = [] } = await shown(pipeline, survey, 'flag.image.yaml#flag')
    const files = media.flatMap(({ renditions }) => renditions.map(({ file }) => file))
    const looks = await Promise.all(files.map(look))
    expect(looks[0]).toEqual(['ff0000', 64, 64])
    expect(looks[1]).toEqual(['0000ff', 64, 64])
    // Both find the yellow square, which reaches down to a quarter of the height.
    for (const index of [2, 3]) {
      const colours = new Set<string>()
      const { data } = await sharp(files[index])
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      for (let at = 0; at < data.length; at += 3) {
        colours.add(data[at]! > 200 && data[at + 1]! > 200 ? 'yellow' : 'other')
      }
      expect(colours, files[index]).toContain('yellow')
    }
    expect(looks[2]?.slice(1)).toEqual([8, 32])
    // Mirrored, blue is on the left.
    expect((await look(files[4]!)).slice(1)).toEqual([64, 32])
    expect(looks[5]).toEqual(['0000ff', 64, 64])
    expect(looks[6]?.slice(1)).toEqual([128, 32])

    const mirrored = await shown(pipeline, survey, 'flag.image.yaml#mirrored')
    expect(mirrored.media).toBeUndefined()
    expect(media[4]?.renditions).toEqual(mirrored.renditions)
  })

  test('tells of transparent parts in any of them, behind which a placeholder would be seen', async () => {
    const { root } = await temporaryProject({
      'flag.image.yaml': `defaults: { source: ./flag.png, alt: "", output: { formats: [png] } }
images:
  opaque: { output: { placeholder: color, media: [{ media: print, widths: [8] }] } }
  other: { output: { placeholder: color, media: [{ media: print, image: "#clear" }] } }
  padded: { output: { placeholder: blur, media: [{ media: print, image: "#padded-one", widths: [8] }] } }
  bare: { output: { media: [{ media: print, image: "#clear" }] } }
  clear: { process: [removeAlpha, { ensureAlpha: 0.5 }], output: { placeholder: color } }
  padded-one: { process: [{ extend: { top: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } }] }
`,
      'flag.png': await flag(),
    })
    const pipeline = await opened(root)
    const survey = await pipeline.survey()
    expect(survey.problems.size).toBe(0)
    const look = async (name: string): Promise<Partial<ShownImage>> => {
      const { alpha, blurDataURL, color } = await shown(pipeline, survey, `flag.image.yaml#${name}`)
      return {
        ...(alpha && { alpha }),
        ...(blurDataURL && { blurDataURL }),
        ...(color && { color }),
      }
    }
    const [opaque, other] = [await look('opaque'), await look('other')]
    expect(opaque).toEqual({ color: expect.stringMatching(/^#/) })
    expect(other).toEqual({ ...opaque, alpha: true })
    expect(await look('padded')).toEqual({ blurDataURL: expect.any(String), alpha: true })
    expect(await look('bare')).toEqual({})
  })

  test('does not count the media of another image', async () => {
    const { root } = await temporaryProject({
      'two.image.yaml': `images:
  day: { source: ./flag.png, alt: "", output: { media: [{ media: print, image: "#night" }] } }
  night: { source: ./flag.png, alt: "", process: [negate], output: { media: [{ media: print, image: "#day" }] } }
`,
      'flag.png': await flag(),
    })
    const pipeline = await opened(root)
    const survey = await pipeline.survey()
    const day = survey.images.get('two.image.yaml#day')!
    const [night] = mediaOf(day, survey)
    expect(night?.image.entry).toMatchObject({ name: 'night', media: [] })
    expect((await shown(pipeline, survey, 'two.image.yaml#day')).media).toHaveLength(1)
  })
})

test('a build renders again and requests nothing when only media change', async () => {
  const emulator = await testEmulator()
  const text = (media: string): string => `images:
  kira: { prompt: Kira, alt: "", size: 512x512, output: { widths: [64], media: [${media}] } }
`
  const { root, write } = await temporaryProject({ 'a.image.yaml': text('') })
  const rendered = async (): Promise<ShownImage> => {
    const pipeline = await opened(root, emulator.url)
    const survey = await pipeline.fulfil(signal)
    return shown(pipeline, survey, 'a.image.yaml#kira')
  }
  const before = await rendered()
  expect(before.media).toBeUndefined()
  write({ 'a.image.yaml': text('{ media: print, aspectRatio: 2:1 }') })
  const after = await rendered()
  expect(after.media?.[0]?.renditions).toMatchObject([{ width: 64, height: 32 }])
  expect(after.renditions).toEqual(before.renditions)
  expect(emulator.stats().requests).toBe(1)
})

test('a lost original whose crops are not in the cache stops a build before it loads anything', async () => {
  const emulator = await testEmulator()
  const text = (media: string): string => `images:
  kira: { prompt: Kira, alt: "", size: 512x512, output: { widths: [64], media: [${media}] } }
`
  const { root, write } = await temporaryProject({ 'a.image.yaml': text('') })
  const pipeline = await opened(root, emulator.url)
  const survey = await pipeline.fulfil(signal)
  await shown(pipeline, survey, 'a.image.yaml#kira')
  const made = survey.images.get('a.image.yaml#kira')!.made!
  const [candidate] = survey.snapshot.lookup(made.key).candidates
  rmSync(candidate!.file)
  // What is rendered already needs no original.
  await (await opened(root, emulator.url)).fulfil(signal)
  write({ 'a.image.yaml': text('{ media: print, aspectRatio: 2:1 }') })
  await expect((await opened(root, emulator.url)).fulfil(signal)).rejects.toThrow('kira')
  expect(emulator.stats().requests).toBe(1)
})

test('media are in no recipe', async () => {
  const keyWith = async (output: string): Promise<string> =>
    (
      await planFiles({
        'a.image.yaml': `images: { kira: { prompt: Kira, alt: "" ${output} }, b: { prompt: b, alt: "" } }`,
      })
    ).key('kira')
  const media =
    ', output: { media: [{ media: print, image: "#b" }, { media: (hover), widths: [8] }] }'
  expect(await keyWith(media)).toBe(await keyWith(''))
})

test('the keys of images without media are those of earlier releases', () => {
  const recipe = {
    original: 'a'.repeat(64),
    mediaType: 'image/jpeg' as const,
    operations: [],
    output: resolveOutput([
      {
        formats: ['avif', 'jpeg'],
        widths: [640, 'original'],
        aspectRatio: '16:9',
        position: 'attention',
        media: [{ media: 'print', widths: [8] }],
      },
    ]),
    versions: { sharp: '0.34.5', vips: '8.17.3' },
  }
  const provenance = { model: 'image-01' }
  expect([
    pictureKey(recipe),
    renditionKey({ ...recipe, format: 'avif', width: 640, provenance }),
    imageKey(recipe, 'kira', provenance),
  ]).toEqual([
    'dbdde330204ec8decace3f21620ae29f91691435ac1cf1a6712516f8d14708ed',
    '6e1c4c05321412ffa07b87025a6079c215c7274320e7c1c14b1b3b9fd88beed8',
    '3ae9711b43469990805815ff1ab5d2ebcd75f1c0613fd7f95a139101b068d283',
  ])
})
