import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv } from 'ajv'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { outputForMedium, outputSchema, resolveOutput } from '../../src/manifest/schema/output.ts'

const jsonSchema = toJsonSchema(outputSchema)
const validate = new Ajv({ strictTypes: false }).compile(jsonSchema as object)

/** Both validators must agree. */
function isAccepted(value: unknown): boolean {
  const accepted = v.is(outputSchema, value)
  expect(validate(value), JSON.stringify(value)).toBe(accepted)
  return accepted
}

describe('outputSchema', () => {
  it.each([
    {},
    { formats: ['avif', 'webp', 'jpeg', 'png', 'gif', 'jxl'] },
    { formats: ['webp', 'webp'] },
    { widths: [1, 16383, 'original'] },
    { quality: 1 },
    { quality: { avif: 50, png: 90 } },
    { avif: { effort: 0, lossless: true, chromaSubsampling: '4:2:0', bitdepth: 10, tune: 'iq' } },
    { webp: { effort: 6, nearLossless: true, preset: 'drawing', alphaQuality: 0 } },
    { jpeg: { mozjpeg: true, quantisationTable: 8, optimizeScans: true } },
    { png: { quality: 0, palette: true, colours: 2, dither: 0.5 } },
    { gif: { colors: 256, interPaletteMaxError: 256 } },
    { jxl: { distance: 15, decodingTier: 4, effort: 9 } },
    { aspectRatio: '16:9', fit: 'contain', position: 'right top' },
    { position: 'attention', placeholder: 'color' },
    { media: [] },
    { media: [{ media: 'print', formats: ['png'], widths: [64], png: { palette: true } }] },
    { media: [{ media: '(prefers-color-scheme: dark)', image: '#night', fit: 'contain' }] },
  ])('accepts %j', (value) => {
    expect(isAccepted(value)).toBe(true)
  })

  it.each([
    null,
    [],
    'webp',
    { formats: [] },
    { formats: 'webp' },
    { formats: ['jpg'] },
    { formats: ['tiff'] },
    { widths: [] },
    { widths: [0] },
    { widths: [1.5] },
    { widths: [16384] },
    { widths: ['Original'] },
    { widths: Array.from({ length: 33 }, (_, index) => index + 1) },
    { quality: 0 },
    { quality: 101 },
    { quality: 79.5 },
    { quality: [] },
    { quality: { gif: 50 } },
    { quality: { jpg: 50 } },
    { avif: { effort: 10 } },
    { avif: { bitdepth: 9 } },
    { avif: { force: false } },
    { avif: [] },
    { webp: { effort: 7 } },
    { webp: { lossless: 'yes' } },
    { webp: { loop: 1 } },
    { jpeg: { chromaSubsampling: '4:1:1' } },
    { png: { compressionLevel: 10 } },
    { gif: { quality: 50 } },
    { jxl: { distance: 15.1 } },
    { aspectRatio: '16:0' },
    { aspectRatio: '16/9' },
    { aspectRatio: 1.5 },
    { fit: 'stretch' },
    { position: 'middle' },
    { placeholder: true },
    { media: { media: 'print' } },
    { media: [{ image: '#night' }] },
    { media: [{ media: '', image: '#night' }] },
    { media: [{ media: 'print', image: null }] },
    { media: [{ media: 'print', placeholder: 'blur' }] },
    { media: [{ media: 'print', media2: [] }] },
    { width: 640 },
  ])('refuses %j', (value) => {
    expect(isAccepted(value)).toBe(false)
  })

  it('describes every field with an example, and with its default if it has one', () => {
    const fields = fieldsOf(jsonSchema as Schema)
    expect(Object.keys(fields)).toContain('avif.effort')
    expect(Object.keys(fields)).toContain('quality.webp')
    for (const [name, field] of Object.entries(fields)) {
      expect(field, name).toMatchObject({
        description: expect.stringMatching(/\.$/),
        examples: expect.arrayContaining([expect.anything()]),
      })
    }
    expect(fields['avif']).toMatchObject({ default: { effort: 3 } })
  })

  it('accepts its own examples', () => {
    for (const [name, schema] of Object.entries(jsonSchema.properties ?? {})) {
      const examples = typeof schema === 'object' ? schema.examples : undefined
      for (const example of (examples as unknown[] | undefined) ?? []) {
        expect(isAccepted({ [name]: example }), `${name}: ${JSON.stringify(example)}`).toBe(true)
      }
    }
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly anyOf?: readonly Schema[] | undefined
}

/** Every named field in a JSON Schema, at any depth, by its dotted path. */
function fieldsOf(schema: Schema, prefix = ''): Record<string, Schema> {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    [prefix + name, field] as const,
    ...Object.entries(fieldsOf(field, `${prefix}${name}.`)),
  ])
  const variants = (schema.anyOf ?? []).flatMap((variant) =>
    Object.entries(fieldsOf(variant, prefix)),
  )
  return Object.fromEntries([...own, ...variants])
}

describe('resolveOutput', () => {
  it('has the defaults of the documentation', () => {
    expect(resolveOutput([])).toEqual({
      formats: ['webp'],
      widths: ['original'],
      encoders: {
        avif: { quality: 50, effort: 3 },
        webp: { quality: 80 },
        jpeg: { quality: 80 },
        png: {},
        gif: {},
        jxl: { quality: 80 },
      },
      aspectRatio: undefined,
      fit: 'cover',
      position: 'centre',
      placeholder: 'none',
    })
  })

  it('lets the later level win, field by field and option by option', () => {
    const output = resolveOutput([
      { formats: ['avif'], widths: [640], avif: { effort: 5, tune: 'ssim' }, fit: 'contain' },
      undefined,
      { widths: [320], avif: { effort: 1 }, aspectRatio: '16:9' },
    ])
    expect(output).toMatchObject({
      formats: ['avif'],
      widths: [320],
      fit: 'contain',
      aspectRatio: { width: 16, height: 9 },
    })
    expect(output.encoders.avif).toEqual({ quality: 50, effort: 1, tune: 'ssim' })
  })

  it('spreads one quality over the lossy formats and leaves PNG lossless', () => {
    const { encoders } = resolveOutput([{ quality: 66 }])
    expect(encoders.webp).toEqual({ quality: 66 })
    expect(encoders.jpeg).toEqual({ quality: 66 })
    expect(encoders.avif).toEqual({ quality: 66, effort: 3 })
    expect(encoders.png).toEqual({})
    expect(encoders.gif).toEqual({})
  })

  it('accepts a quality per format, which the encoder options override', () => {
    const { encoders } = resolveOutput([
      { quality: { avif: 40, png: 90 }, webp: { quality: 70 } },
      { quality: { webp: 60 } },
    ])
    expect(encoders.avif).toMatchObject({ quality: 40 })
    expect(encoders.png).toEqual({ quality: 90 })
    expect(encoders.webp).toEqual({ quality: 60 })
    expect(resolveOutput([{ quality: 50, webp: { quality: 70 } }]).encoders.webp).toEqual({
      quality: 70,
    })
  })

  it('keeps the later of JPEG XL’s distance and quality', () => {
    expect(resolveOutput([{ jxl: { distance: 2 } }]).encoders.jxl).toEqual({ distance: 2 })
    expect(resolveOutput([{ jxl: { distance: 2 } }, { quality: 70 }]).encoders.jxl).toEqual({
      quality: 70,
    })
    expect(
      resolveOutput([{ jxl: { distance: 2 } }, { jxl: { quality: 70 } }]).encoders.jxl,
    ).toEqual({ quality: 70 })
  })

  it('removes duplicate formats and widths', () => {
    const output = resolveOutput([
      { formats: ['webp', 'png', 'webp'], widths: [64, 'original', 64] },
    ])
    expect(output.formats).toEqual(['webp', 'png'])
    expect(output.widths).toEqual([64, 'original'])
  })
})

describe('outputForMedium', () => {
  const output = resolveOutput([
    { formats: ['avif', 'jpeg'], widths: [640], jxl: { distance: 2 }, placeholder: 'blur' },
  ])

  it('is the output itself where nothing differs', () => {
    expect(outputForMedium(output, {})).toBe(output)
  })

  it('changes only what is written', () => {
    const narrow = outputForMedium(output, {
      aspectRatio: '1:1',
      position: 'attention',
      widths: [320, 320],
      quality: 40,
    })
    expect(narrow).toEqual({
      ...output,
      aspectRatio: { width: 1, height: 1 },
      position: 'attention',
      widths: [320],
      encoders: {
        ...output.encoders,
        avif: { quality: 40, effort: 3 },
        webp: { quality: 40 },
        jpeg: { quality: 40 },
        jxl: { quality: 40 },
      },
    })
  })
})
