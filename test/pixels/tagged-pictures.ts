import { crc32, deflateSync } from 'node:zlib'
import { loadSharp } from '../../src/pixels/sharp.ts'

/** A plain PNG in one colour. */
export async function plainPng(colour: string, width = 512, height = 512): Promise<Buffer> {
  const sharp = await loadSharp()
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer()
}

/** One chunk of a PNG, with its length and checksum. */
export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body) >>> 0)
  return Buffer.concat([length, body, sum])
}

type Text = string | Uint8Array

/** @param text a string is written as UTF-8. */
export function tEXt(keyword: string, text: Text): Buffer {
  return chunk('tEXt', Buffer.concat([Buffer.from(`${keyword}\0`, 'latin1'), Buffer.from(text)]))
}

export function zTXt(keyword: string, text: Text): Buffer {
  const head = Buffer.from(`${keyword}\0\0`, 'latin1')
  return chunk('zTXt', Buffer.concat([head, deflateSync(text)]))
}

export function iTXt(keyword: string, text: Text, isCompressed: boolean): Buffer {
  const head = Buffer.from(`${keyword}\0${isCompressed ? '\u0001' : '\0'}\0en\0${keyword}\0`)
  return chunk('iTXt', Buffer.concat([head, isCompressed ? deflateSync(text) : Buffer.from(text)]))
}

/** Puts chunks into a PNG: before its pixels, or behind them. */
export function withChunks(png: Buffer, where: 'before' | 'behind', ...chunks: Buffer[]): Buffer {
  const at = where === 'before' ? png.indexOf('IDAT') - 4 : png.lastIndexOf('IEND') - 4
  return Buffer.concat([png.subarray(0, at), ...chunks, png.subarray(at)])
}

/** An EXIF block whose only content is a `UserComment`, as it stands in the file with its prefix. */
export function exifWith(comment: Uint8Array, order: 'II' | 'MM'): Buffer {
  const isBig = order === 'MM'
  const short = (value: number): Buffer => {
    const bytes = Buffer.alloc(2)
    if (isBig) bytes.writeUInt16BE(value)
    else bytes.writeUInt16LE(value)
    return bytes
  }
  const long = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    if (isBig) bytes.writeUInt32BE(value)
    else bytes.writeUInt32LE(value)
    return bytes
  }
  const folder = (entry: Buffer): Buffer => Buffer.concat([short(1), entry, long(0)])
  // The header has 8 bytes, a folder with one entry 18.
  return Buffer.concat([
    Buffer.from(order, 'latin1'),
    short(42),
    long(8),
    folder(Buffer.concat([short(0x87_69), short(4), long(1), long(26)])),
    folder(Buffer.concat([short(0x92_86), short(7), long(comment.length), long(44)])),
    comment,
  ])
}

/** A segment of a JPEG right after its start. */
export function withSegment(jpeg: Buffer, marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)])
}

/** What Stable Diffusion WebUI writes into `parameters`. */
export function webuiParameters(prompt: string, model = 'dreamshaper_8'): string {
  return `${prompt}\nNegative prompt: blurry, lowres\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512, Model hash: 879db523c3, Model: ${model}, Version: v1.9.4`
}

/** What ComfyUI writes into `prompt`: the usual graph of its first workflow. */
export function comfyGraph(prompt: unknown, more: object = {}): string {
  return JSON.stringify({
    '3': {
      class_type: 'KSampler',
      inputs: {
        seed: 42,
        steps: 20,
        model: ['4', 0],
        negative: ['7', 0],
        positive: ['6', 0],
        latent_image: ['5', 0],
      },
    },
    '4': {
      class_type: 'CheckpointLoaderSimple',
      inputs: { ckpt_name: 'sdxl/sd_xl_base_1.0.safetensors' },
    },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: prompt, clip: ['4', 1] } },
    '7': { class_type: 'CLIPTextEncode', inputs: { text: 'text, watermark', clip: ['4', 1] } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
    ...more,
  })
}

/** An XMP packet as editors write it. */
export function xmpPacket(content: string, attributes = ''): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"${attributes}>${content}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}
