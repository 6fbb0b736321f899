import { describe, expect, test } from 'vitest'
import { extensionOf, sniffMediaType } from '../../src/pixels/media-type.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'

const sharp = await loadSharp()
const red = sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })

describe('sniffMediaType', () => {
  test.each([
    ['image/jpeg', 'jpg', red.clone().jpeg()],
    ['image/png', 'png', red.clone().png()],
    ['image/webp', 'webp', red.clone().webp()],
    ['image/gif', 'gif', red.clone().gif()],
    ['image/avif', 'avif', red.clone().avif()],
    ['image/tiff', 'tiff', red.clone().tiff()],
  ] as const)('knows %s as sharp writes it', async (mediaType, extension, pipeline) => {
    const bytes = await pipeline.toBuffer()
    expect(sniffMediaType(bytes)).toBe(mediaType)
    expect(extensionOf(mediaType)).toBe(extension)
  })

  test.each([
    ['image/heic', '00000018667479706865696300000000' + '6d69663168656963'],
    ['image/avif', '0000001c667479706d69663100000000' + '6d6966316d69616661766966'],
    ['image/jxl', 'ff0a7f00'],
    ['image/jxl', '0000000c4a584c200d0a870a00000014'],
    ['image/tiff', '4d4d002a00000008'],
    ['image/gif', '474946383761'],
  ] as const)('knows the signature of %s', (mediaType, hex) => {
    expect(sniffMediaType(Buffer.from(hex, 'hex'))).toBe(mediaType)
  })

  test.each([
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '\uFEFF<?xml version="1.0"?>\n<!-- drawn > by hand -->\n<!DOCTYPE svg>\n<svg\nwidth="1"/>',
  ])('recognises SVG after its prolog: %s', (text) => {
    expect(sniffMediaType(Buffer.from(text))).toBe('image/svg+xml')
  })

  test.each([
    ['nothing', ''],
    ['a page', '<!DOCTYPE html><html><body><svg></svg></body></html>'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'],
    ['a sound', 'RIFF\0\0\0\0WAVEfmt '],
    ['a film', '\0\0\0\x18ftypmp42\0\0\0\0isommp42'],
    ['half a signature', '\x89PNG\r\n'],
    ['a container header that ends at once', '\0\0\0\xFFftyp'],
  ])('%s is not a picture', (_, text) => {
    expect(sniffMediaType(Buffer.from(text, 'latin1'))).toBeUndefined()
  })

  test("reads a view of a larger buffer from the view's offset", () => {
    const bytes = Buffer.from('junkGIF89a')
    expect(sniffMediaType(bytes.subarray(4))).toBe('image/gif')
    expect(sniffMediaType(bytes)).toBeUndefined()
  })

  test('a hostile prolog is read quickly', () => {
    expect(sniffMediaType(Buffer.from('<!---->'.repeat(10_000)))).toBeUndefined()
    expect(sniffMediaType(Buffer.from('<!--'.repeat(10_000)))).toBeUndefined()
    expect(sniffMediaType(Buffer.from(' '.repeat(100_000)))).toBeUndefined()
  })
})
