import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { OutputFormat } from '../../src/manifest/schema/output.ts'
import { provenanceXmp } from '../../src/render/provenance.ts'
import { draw, fileOf } from './drawing.ts'
import { createBench } from './rendering.ts'

const TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
const formats: readonly OutputFormat[] = ['avif', 'webp', 'jpeg', 'png', 'gif']

/** The packet as a reader finds it: by sharp, or in a GIF by the bytes around it. */
async function packetOf(file: string, format: OutputFormat): Promise<string | undefined> {
  const content = readFileSync(file)
  if (format !== 'gif') return (await sharp(content).metadata()).xmpAsString
  const start = content.indexOf('XMP DataXMP')
  if (start < 0) return undefined
  const end = content.indexOf(Buffer.from([0x01, 0xff, 0xfe]), start)
  return content.toString('utf8', start + 'XMP DataXMP'.length, end)
}

describe('provenance', () => {
  it.each(formats)('is in every rendition of a generated original: %s', async (format) => {
    const bench = await createBench()
    const { renditions } = await bench.render(await fileOf(draw(['rgbw'])), {
      model: 'image-01',
      output: { formats: [format], widths: [2, 4] },
    })
    expect(renditions).toHaveLength(2)
    for (const { file } of renditions) {
      const packet = await packetOf(file, format)
      expect(packet).toContain(`Iptc4xmpExt:DigitalSourceType="${TYPE}"`)
      expect(packet).toContain('Iptc4xmpExt:AISystemUsed="image-01"')
      expect(packet).toContain('xmp:CreatorTool="image-01"')
    }
  })

  it.each(formats)('is not in a picture that a person made: %s', async (format) => {
    const bench = await createBench()
    const { renditions } = await bench.render(await fileOf(draw(['rgbw'])), {
      output: { formats: [format] },
    })
    expect(await packetOf(renditions[0]!.file, format)).toBeUndefined()
  })
})

describe('provenanceXmp', () => {
  it('is a packet of well-formed XML for any name of a model', () => {
    const packet = provenanceXmp({ model: `"><script>&'\u0000\u001f\u{1f600}` })
    expect(packet).toContain('AISystemUsed="&quot;&gt;&lt;script&gt;&amp;\'  \u{1f600}"')
    expect(packet.startsWith('<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>')).toBe(true)
    expect(packet.endsWith('<?xpacket end="r"?>')).toBe(true)
    expect(packet).not.toContain('\u0000')
  })
})
