import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveOutput } from '../../src/manifest/schema/output.ts'
import { createRenderer, type RenderedImage } from '../../src/render/render.ts'
import { sha256 } from '../../src/shared/hash.ts'

let cacheDir: string

beforeAll(() => {
  cacheDir = mkdtempSync(path.join(tmpdir(), 'imagegen-exiftool-'))
})

afterAll(() => {
  rmSync(cacheDir, { recursive: true, force: true })
})

interface Tags {
  readonly [tag: string]: unknown
}

function exiftool(file: string): Tags {
  try {
    const [tags] = JSON.parse(
      execFileSync('exiftool', ['-json', '-G1', file], { encoding: 'utf8' }),
    ) as Tags[]
    return tags ?? {}
  } catch (error) {
    throw new Error(
      'exiftool did not run. On Debian it is in the package libimage-exiftool-perl.',
      { cause: error },
    )
  }
}

async function render(model: string | undefined): Promise<RenderedImage> {
  const original = await sharp({
    create: { width: 32, height: 16, channels: 3, background: '#6699cc' },
  })
    .withExif({ IFD0: { Artist: 'the camera’s owner' } })
    .jpeg()
    .toBuffer()
  return createRenderer({ cacheDir }).render(
    {
      name: 'kira',
      original: { sha256: sha256(original), read: () => Promise.resolve(original) },
      operations: [],
      readComposite: () => Promise.reject(new Error('there is none')),
      output: resolveOutput([{ formats: ['avif', 'webp', 'jpeg', 'png', 'gif'] }]),
      provenance: model === undefined ? undefined : { model },
    },
    new AbortController().signal,
  )
}

describe('exiftool', () => {
  it('reads the provenance of every format, and finds nothing of the original’s EXIF', async () => {
    for (const { file, format } of (await render('image-01')).renditions) {
      const tags = exiftool(file)
      expect(tags['XMP-iptcExt:DigitalSourceType'], format).toBe(
        'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
      )
      expect(tags['XMP-iptcExt:AISystemUsed'], format).toBe('image-01')
      expect(tags['XMP-xmp:CreatorTool'], format).toBe('image-01')
      expect(
        Object.keys(tags).filter((tag) => tag.startsWith('IFD0:') || tag === 'ExifTool:Warning'),
        format,
      ).toEqual([])
    }
  })

  it('finds no XMP in what a person made', async () => {
    for (const { file, format } of (await render(undefined)).renditions) {
      expect(
        Object.keys(exiftool(file)).filter((tag) => tag.startsWith('XMP')),
        format,
      ).toEqual([])
    }
  })

  it('finds the profile sRGB', async () => {
    for (const { file, format } of (await render(undefined)).renditions) {
      // exiftool 12 does not look for profiles in AVIF, and GIF has none.
      if (format === 'gif' || format === 'avif') continue
      expect(exiftool(file)['ICC_Profile:ProfileDescription'], format).toBe('sRGB')
    }
  })
})
