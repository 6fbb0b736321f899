import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { embedXmpInGif } from '../../src/render/provenance.ts'
import { draw, fileOf, look, pixelsOf, plain } from './drawing.ts'

const rows = ['rgbw', 'wbgr']

/** Reads a GIF like a program without XMP support: blocks by their lengths, to the end. */
function blocksOf(gif: Buffer): readonly string[] {
  const flags = gif[10]!
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  const blocks: string[] = []
  const skipSubBlocks = (): void => {
    while (gif[at] !== 0) at += gif[at]! + 1
    at++
  }
  for (;;) {
    const introducer = gif[at]
    if (introducer === 0x3b) {
      expect(at).toBe(gif.length - 1)
      return [...blocks, 'end']
    }
    if (introducer === 0x21) {
      const label = gif[at + 1]!
      at += 2
      blocks.push(
        label === 0xff
          ? gif.toString('latin1', at + 1, at + 12)
          : `extension ${label.toString(16)}`,
      )
      skipSubBlocks()
    } else if (introducer === 0x2c) {
      const local = gif[at + 9]!
      at += 10 + (local & 0x80 ? 3 * 2 ** ((local & 7) + 1) : 0) + 1
      blocks.push('image')
      skipSubBlocks()
    } else {
      throw new Error(`no GIF block starts with ${introducer}`)
    }
  }
}

describe('embedXmpInGif', () => {
  it.each([1, 2, 7, 200, 255, 256, 257, 511, 3000, 70_000])(
    'gives a GIF that every program reads, with a packet of %i characters',
    async (length) => {
      const gif = await fileOf(draw(rows), 'gif')
      const packet = 'x'.repeat(length)
      const embedded = embedXmpInGif(gif, packet)
      expect(blocksOf(embedded)).toEqual(['XMP DataXMP', ...blocksOf(gif)])
      expect(embedded.includes(packet)).toBe(true)
      expect(look(await pixelsOf(embedded))).toEqual(rows)
    },
  )

  it('leads readers to the end, wherever a character of the packet sends them', async () => {
    const gif = await fileOf(plain('r', 2, 2), 'gif')
    for (let code = 1; code < 128; code++) {
      const embedded = embedXmpInGif(gif, String.fromCharCode(code))
      expect(blocksOf(embedded)).toEqual(['XMP DataXMP', ...blocksOf(gif)])
    }
  })

  it('sets the version that has extensions, and accepts a GIF without a global colour table', async () => {
    const gif = await sharp(await fileOf(draw(rows)))
      .gif()
      .toBuffer()
    const old = Buffer.from(gif)
    old.write('GIF87a', 'latin1')
    expect(embedXmpInGif(old, 'x').toString('latin1', 0, 6)).toBe('GIF89a')
    // The smallest GIF: a screen without a colour table, one image with its own.
    const local = Buffer.concat([
      Buffer.from('GIF89a', 'latin1'),
      Buffer.from([1, 0, 1, 0, 0, 0, 0]),
      Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 255, 0, 0, 0, 0, 0]),
      Buffer.from([2, 2, 0x44, 1, 0, 0x3b]),
    ])
    expect(look(await pixelsOf(embedXmpInGif(local, 'packet')))).toEqual(
      look(await pixelsOf(local)),
    )
  })

  it.each([Buffer.alloc(0), Buffer.from('GIF89a'), Buffer.from('RIFF0000WEBPVP8 ')])(
    'refuses bytes that are not a GIF: %s',
    (bytes) => {
      expect(() => embedXmpInGif(bytes, 'x')).toThrow('these bytes are not a GIF')
    },
  )
})
