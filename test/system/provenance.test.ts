import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveOutput } from '../../src/manifest/schema/output.ts'
import { createRenderer, type RenderedImage } from '../../src/render/render.ts'
import type { Provenance } from '../../src/render/rendition.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { createProject, emulatorFor } from '../cli/project.ts'
import { plainPng, tEXt, webuiParameters, withChunks } from '../pixels/tagged-pictures.ts'

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

async function render(provenance: Provenance | undefined): Promise<RenderedImage> {
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
      provenance,
    },
    new AbortController().signal,
  )
}

describe('exiftool', () => {
  it('reads the provenance of every format, and finds nothing of the original’s EXIF', async () => {
    for (const { file, format } of (await render({ model: 'image-01' })).renditions) {
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

  it('reads that a person edited a generated picture, and no model where none is known', async () => {
    for (const { file, format } of (await render({ isEdited: true })).renditions) {
      const tags = exiftool(file)
      expect(tags['XMP-iptcExt:DigitalSourceType'], format).toBe(
        'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
      )
      expect(tags, format).not.toHaveProperty('XMP-iptcExt:AISystemUsed')
      expect(tags, format).not.toHaveProperty('XMP-xmp:CreatorTool')
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

describe('an adopted picture', () => {
  const NAMED = webuiParameters('a fox', 'dreamshaper_8')

  it.each([
    ['from elsewhere', ['--keep-prompt'], false, 'trainedAlgorithmicMedia', undefined],
    ['that names its model', ['--keep-prompt'], true, 'trainedAlgorithmicMedia', 'dreamshaper_8'],
    ['edited by hand', ['--keep-prompt', '--edited'], false, 'compositeWith', undefined],
    ['edited by hand that names its model', ['--edited'], true, 'compositeWith', 'dreamshaper_8'],
  ])('%s says so in every rendition', async (_, options, isNamed, type, model) => {
    const project = await createProject({
      'cast.image.yaml':
        'images:\n  fox:\n    prompt: A fox\n    alt: ""\n    output: { formats: [avif, webp, jpeg, png] }\n',
    })
    const emulator = await emulatorFor(project)
    const png = await plainPng('#6699cc', 64, 48)
    project.write('fox.png', isNamed ? withChunks(png, 'behind', tEXt('parameters', NAMED)) : png)
    const adopted = await project.run('adopt', 'fox', 'fox.png', ...options)
    expect(adopted.code, adopted.stderr).toBe(0)
    const exported = await project.run('export', '--out', 'out')
    expect(exported.code, exported.stderr).toBe(0)
    const files = project.files().filter((file) => /^out\/.*\.(?:avif|webp|jpe?g|png)$/.test(file))
    expect(files).toHaveLength(4)
    for (const file of files) {
      const tags = exiftool(path.join(project.folder, file))
      expect(tags['XMP-iptcExt:DigitalSourceType'], file).toContain(`digitalsourcetype/${type}`)
      expect(tags['XMP-iptcExt:AISystemUsed'], file).toBe(model)
      expect(tags['XMP-xmp:CreatorTool'], file).toBe(model)
    }
    expect(emulator.stats().requests).toBe(0)
  })
})
