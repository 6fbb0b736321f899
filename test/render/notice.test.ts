import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, onTestFinished, test } from 'vitest'
import { resolveOutput } from '../../src/manifest/schema/output.ts'
import { noticeSvg, type PlaceholderLabel } from '../../src/render/notice.ts'
import { createRenderer, type RenderJob } from '../../src/render/render.ts'
import { shareRenditions } from '../../src/render/shared-renditions.ts'
import { sha256 } from '../../src/shared/hash.ts'

const REASON =
  'The prompt was refused: “it may show violence” (1026). Reword it, and save the file.'

const LABELS: readonly PlaceholderLabel[] = [
  { kind: 'no-key' },
  { kind: 'being-made' },
  { kind: 'over-budget' },
  { kind: 'not-asked' },
  { kind: 'failed', reason: REASON },
  { kind: 'failed', reason: 'unspeakable'.repeat(40) },
  { kind: 'failed', reason: '' },
]

const SIZES = [
  [96, 96],
  [96, 400],
  [120, 90],
  [160, 40],
  [320, 180],
  [300, 600],
  [800, 800],
  [1600, 120],
].map(([width = 0, height = 0]) => ({ width, height }))

/** The part of a transparent picture that a label covers, in pixels from its edges. */
async function coveredBy(svg: string): Promise<{ edges: number[]; width: number; height: number }> {
  const { info } = await sharp(Buffer.from(svg))
    .trim({ background: '#0000', threshold: 1 })
    .png()
    .toBuffer({ resolveWithObject: true })
  const { width, height, trimOffsetLeft = 0, trimOffsetTop = 0 } = info
  const whole = await sharp(Buffer.from(svg)).metadata()
  const left = -trimOffsetLeft
  const top = -trimOffsetTop
  return {
    edges: [left, top, whole.width - left - width, whole.height - top - height],
    width,
    height,
  }
}

describe('a label', () => {
  test.each(SIZES)('lies inside a picture of $width x $height', async (size) => {
    for (const label of LABELS) {
      const svg = noticeSvg({ label, isDimmed: false }, size)
      const covered = await coveredBy(svg!)
      for (const edge of covered.edges) expect(edge).toBeGreaterThan(0)
      // Seven pixels are the height of a capital in the smallest lettering.
      expect(covered.height).toBeGreaterThanOrEqual(14)
      expect(covered.width).toBeGreaterThan(covered.height)
    }
  })

  test('grows with the picture, and stays small', async () => {
    const shares = await Promise.all(
      [200, 640, 1280].map(async (width) => {
        const label = noticeSvg(
          { label: { kind: 'no-key' }, isDimmed: false },
          { width, height: 200 },
        )
        return coveredBy(label!)
      }),
    )
    expect(shares.map(({ height }) => height)).toEqual(
      shares.map(({ height }) => height).toSorted((left, right) => left - right),
    )
    expect(shares[2]!.height).toBeGreaterThan(2 * shares[0]!.height)
    expect(shares[2]!.width).toBeLessThan(1280 / 2)
  })

  test('is absent below 96 pixels, where a veil alone is drawn', () => {
    for (const label of LABELS) {
      const size = { width: 95, height: 95 }
      expect(noticeSvg({ label, isDimmed: false }, size)).toBeUndefined()
      expect(noticeSvg({ label, isDimmed: true }, size)).not.toContain('<path')
      expect(noticeSvg({ label, isDimmed: true }, size)).toContain('<rect')
    }
  })

  test('needs no fonts, and draws no text of others as markup', () => {
    const label = { kind: 'failed', reason: '</svg><image href="file:///etc/passwd"/>' } as const
    const svg = noticeSvg({ label, isDimmed: true }, { width: 640, height: 640 })!
    expect(svg).not.toMatch(/<text|font|<image|passwd/)
  })

  test('differs with every reason that is shown', () => {
    const size = { width: 640, height: 640 }
    const drawn = LABELS.map((label) => noticeSvg({ label, isDimmed: false }, size))
    expect(new Set(drawn).size).toBe(LABELS.length)
  })
})

test('a labelled picture has another URL, and is not shared with other machines', async () => {
  const cacheDir = mkdtempSync(path.join(tmpdir(), 'imagegen-notice-'))
  onTestFinished(() => rmSync(cacheDir, { recursive: true, force: true }))
  const items = new Map<string, Uint8Array>()
  const shared = shareRenditions({
    get: (key) => Promise.resolve(items.get(key)),
    put: async (key, bytes) => void items.set(key, bytes),
  })
  const renderer = createRenderer({ cacheDir, shared })
  const original = await sharp({
    create: { width: 128, height: 128, channels: 3, background: '#369' },
  })
    .png()
    .toBuffer()
  const job: RenderJob = {
    name: 'kira',
    original: { sha256: sha256(original), read: () => Promise.resolve(original) },
    operations: [],
    readComposite: (file) => Promise.reject(new Error(`there is no ${file}`)),
    output: resolveOutput([{ formats: ['png'], widths: [128] }]),
    provenance: undefined,
  }
  const { signal } = new AbortController()
  const fileOf = async (of: RenderJob): Promise<string> =>
    (await renderer.render(of, signal)).renditions[0]!.file
  const files = [
    await fileOf({ ...job, notice: { label: { kind: 'being-made' }, isDimmed: true } }),
    await fileOf({ ...job, notice: { label: { kind: 'being-made' }, isDimmed: false } }),
    await fileOf({ ...job, notice: { label: { kind: 'no-key' }, isDimmed: false } }),
  ]
  expect(items.size).toBe(0)
  files.push(await fileOf(job))
  expect(new Set(files).size).toBe(4)
  expect(items.size).toBeGreaterThan(0)
})
