import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readEmbeddedPrompt } from '../../src/pixels/embedded/embedded-prompt.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import {
  chunk,
  comfyGraph,
  exifWith,
  iTXt,
  plainPng,
  tEXt,
  webuiParameters,
  withChunks,
  withSegment,
  xmpPacket,
  zTXt,
} from './tagged-pictures.ts'

const FOX = 'a red fox, (snow:1.2), <lora:ink:0.8>'
const NOTHING = { prompt: undefined, model: undefined }

async function read(...chunks: Buffer[]): Promise<object> {
  return readEmbeddedPrompt(withChunks(await plainPng('#123', 8, 8), 'before', ...chunks))
}

describe('the prompt in the text of a PNG', () => {
  const parameters = webuiParameters(FOX)

  test.each([
    ['tEXt', tEXt('parameters', parameters)],
    ['zTXt', zTXt('parameters', parameters)],
    ['iTXt', iTXt('parameters', parameters, false)],
    ['compressed iTXt', iTXt('parameters', parameters, true)],
  ])('is read from %s, before and behind the pixels', async (_, text) => {
    const png = await plainPng('#123', 8, 8)
    const wanted = { prompt: FOX, model: 'dreamshaper_8' }
    expect(await readEmbeddedPrompt(withChunks(png, 'before', text))).toEqual(wanted)
    expect(await readEmbeddedPrompt(withChunks(png, 'behind', text))).toEqual(wanted)
  })

  test.each([
    ['Latin-1', Buffer.from('un café à Zürich', 'latin1'), 'un café à Zürich'],
    ['UTF-8', Buffer.from('狐 un café 🦊'), '狐 un café 🦊'],
    ['ASCII with nulls at its end', Buffer.from('a fox\0\0'), 'a fox'],
  ])('may be %s', async (_, bytes, prompt) => {
    expect(await read(tEXt('parameters', bytes))).toMatchObject({ prompt })
  })

  test.each([
    ['several lines', 'a fox\nin the snow', 'a fox\nin the snow'],
    ['Windows line breaks', 'a fox\r\nNegative prompt: x\r\nSteps: 1, A: b, C: d', 'a fox'],
    ['no settings', 'just a fox', 'just a fox'],
    ['no negative prompt', 'a fox\nSteps: 20, Sampler: Euler, Seed: 1', 'a fox'],
    ['words that look like settings', 'Steps: a staircase, old', 'Steps: a staircase, old'],
    ['settings alone', 'Steps: 20, Sampler: Euler, Seed: 1', undefined],
    ['a negative prompt alone', 'Negative prompt: bad\nSteps: 20, Sampler: E, Seed: 1', undefined],
  ])('of WebUI has %s', async (_, text, prompt) => {
    expect(await read(tEXt('parameters', text))).toMatchObject({ prompt })
  })

  test('names the model in quotes too', async () => {
    const text = 'a fox\nSteps: 20, Seed: 1, Model: "fox, best", VAE: x'
    expect(await read(tEXt('parameters', text))).toEqual({ prompt: 'a fox', model: 'fox, best' })
  })
})

describe('the prompt in a graph of ComfyUI', () => {
  const sampler = (positive: unknown): object => ({
    class_type: 'KSampler',
    inputs: { positive, negative: ['7', 0], latent_image: ['5', 0], model: ['4', 0] },
  })

  test.each<[string, string, string]>([
    ['a text', comfyGraph(FOX), FOX],
    [
      'a text of another node',
      comfyGraph(['20', 0], { '20': { class_type: 'PrimitiveString', inputs: { value: FOX } } }),
      FOX,
    ],
    [
      'a conditioning behind a ControlNet',
      comfyGraph(FOX, {
        '3': sampler(['30', 0]),
        '30': {
          class_type: 'ControlNetApplyAdvanced',
          inputs: { strength: 1, positive: ['6', 0], negative: ['7', 0], control_net: ['31', 0] },
        },
        '31': { class_type: 'ControlNetLoader', inputs: { control_net_name: 'text.pth' } },
      }),
      FOX,
    ],
    [
      'two conditionings that are combined',
      comfyGraph('a fox', {
        '3': sampler(['30', 0]),
        '30': {
          class_type: 'ConditioningCombine',
          inputs: { conditioning_1: ['6', 0], conditioning_2: ['31', 0] },
        },
        '31': { class_type: 'CLIPTextEncode', inputs: { text: 'a hare', clip: ['4', 1] } },
      }),
      'a fox\na hare',
    ],
    [
      'the two texts of SDXL that are one',
      comfyGraph('unused', {
        '6': {
          class_type: 'CLIPTextEncodeSDXL',
          inputs: { width: 1024, height: 1024, text_g: FOX, text_l: FOX, clip: ['4', 1] },
        },
      }),
      FOX,
    ],
    [
      'a guider, as Flux has it',
      JSON.stringify({
        '1': {
          class_type: 'SamplerCustomAdvanced',
          inputs: { guider: ['2', 0], noise: ['9', 0], latent_image: ['5', 0] },
        },
        '2': { class_type: 'BasicGuider', inputs: { model: ['4', 0], conditioning: ['3', 0] } },
        '3': { class_type: 'FluxGuidance', inputs: { guidance: 3.5, conditioning: ['6', 0] } },
        '4': { class_type: 'UNETLoader', inputs: { unet_name: 'flux1-dev.sft' } },
        '6': { class_type: 'CLIPTextEncode', inputs: { text: FOX, clip: ['7', 0] } },
        '8': { class_type: 'VAEDecode', inputs: { samples: ['1', 0] } },
        '10': { class_type: 'SaveImage', inputs: { images: ['8', 0] } },
      }),
      FOX,
    ],
    [
      'a sampler that nothing saves from, whatever the order of the texts',
      JSON.stringify({
        '1': { class_type: 'CLIPTextEncode', inputs: { text: 'ugly' } },
        '2': { class_type: 'CLIPTextEncode', inputs: { text: FOX } },
        '3': { class_type: 'KSampler', inputs: { negative: ['1', 0], positive: ['2', 0] } },
      }),
      FOX,
    ],
    [
      'the sampler nearest to the saved picture',
      comfyGraph('the first pass', {
        '40': {
          class_type: 'KSampler',
          inputs: { positive: ['41', 0], latent_image: ['3', 0], model: ['4', 0] },
        },
        '41': { class_type: 'CLIPTextEncode', inputs: { text: 'the second pass' } },
        '8': { class_type: 'VAEDecode', inputs: { samples: ['40', 0], vae: ['4', 2] } },
      }),
      'the second pass',
    ],
  ])('is found through %s', async (_, graph, prompt) => {
    expect(await read(tEXt('prompt', graph))).toMatchObject({ prompt })
  })

  test('comes with the checkpoint, and with the NaN that Python writes', async () => {
    const graph = comfyGraph(FOX, { '50': { class_type: 'X', inputs: { odd: 'NaN, [NaN' } } })
    const text = graph.replace('"batch_size":1', '"batch_size":NaN')
    const wanted = { prompt: FOX, model: 'sd_xl_base_1.0' }
    expect(await read(tEXt('prompt', graph))).toEqual(wanted)
    expect(await read(tEXt('prompt', text))).toEqual(wanted)
  })

  test.each([
    ['no JSON', 'a fox'],
    ['a list', '[1, 2]'],
    ['no sampler', '{"1":{"class_type":"LoadImage","inputs":{"image":"a.png"}}}'],
    ['a circle', comfyGraph(['6', 0])],
    ['a circle of two', comfyGraph(['20', 0], { '20': { inputs: { text: ['6', 0] } } })],
    ['a link into nothing', comfyGraph(['99', 0])],
    ['a hundred thousand levels', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    [
      'a chain of ten thousand nodes',
      comfyGraph(
        ['c0', 0],
        Object.fromEntries(
          Array.from({ length: 10_000 }, (__, index) => [
            `c${index}`,
            { class_type: 'Reroute', inputs: { text: [`c${index + 1}`, 0] } },
          ]),
        ),
      ),
    ],
  ])('is not there in %s', async (_, graph) => {
    expect(await read(tEXt('prompt', graph))).toMatchObject({ prompt: undefined })
  })
})

describe('the prompt in EXIF', () => {
  const utf16 = (text: string, order: 'big' | 'little'): Buffer => {
    const bytes = Buffer.from(text, 'utf16le')
    return order === 'big' ? bytes.swap16() : bytes
  }
  const prefixed = (prefix: string, text: Buffer): Buffer =>
    Buffer.concat([Buffer.from(prefix.padEnd(8, '\0'), 'latin1'), text])
  const jis = Buffer.from([0x1b, 0x24, 0x42, 0x38, 0x51, 0x1b, 0x28, 0x42])

  const COMMENTS: ReadonlyArray<readonly [name: string, comment: Buffer, prompt: string]> = [
    ['ASCII', prefixed('ASCII', Buffer.from(FOX)), FOX],
    ['no character set', prefixed('', Buffer.from('un café')), 'un café'],
    ['Latin-1', prefixed('', Buffer.from('un café', 'latin1')), 'un café'],
    ['JIS', prefixed('JIS', jis), '狐'],
    ['big-endian UTF-16', prefixed('UNICODE', utf16('狐, a fox', 'big')), '狐, a fox'],
    ['little-endian UTF-16', prefixed('UNICODE', utf16('狐, a fox', 'little')), '狐, a fox'],
    ['a byte order mark', prefixed('UNICODE', utf16('\uFEFF狐', 'big')), '狐'],
    ['the other mark', prefixed('UNICODE', utf16('\uFEFF狐', 'little')), '狐'],
    ['no prefix at all', Buffer.from('a fox without one'), 'a fox without one'],
    ['WebUI’s parameters', prefixed('UNICODE', utf16(webuiParameters(FOX), 'big')), FOX],
  ]

  test.each(COMMENTS)('is read in %s, in either byte order of EXIF', async (_, comment, prompt) => {
    const sharp = await loadSharp()
    const jpeg = await sharp(await plainPng('#321', 16, 16))
      .jpeg()
      .toBuffer()
    for (const order of ['II', 'MM'] as const) {
      const exif = exifWith(comment, order)
      const segment = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif])
      const tagged = withSegment(jpeg, 0xe1, segment)
      expect(await readEmbeddedPrompt(tagged), order).toMatchObject({ prompt })
      expect(await read(chunk('eXIf', exif)), order).toMatchObject({ prompt })
    }
  })

  test('is read from WebP and AVIF', async () => {
    const sharp = await loadSharp()
    const image = sharp(await plainPng('#321', 16, 16)).withExif({
      IFD2: { UserComment: 'a fox in the snow' },
    })
    for (const bytes of [await image.clone().webp().toBuffer(), await image.avif().toBuffer()]) {
      expect(await readEmbeddedPrompt(bytes)).toMatchObject({ prompt: 'a fox in the snow' })
    }
  })

  test.each([
    ['empty', Buffer.alloc(0)],
    ['a header alone', Buffer.from('MM\0*\0\0\0\b', 'latin1')],
    ['a folder beyond the end', Buffer.from('MM\0*\u007f\u007f\u007f\u007f', 'latin1')],
    ['folders in a circle', exifWith(Buffer.alloc(8), 'MM').fill(8, 22, 26)],
    ['a comment that is longer than the file', exifWith(Buffer.alloc(8), 'II').fill(0x7f, 32, 36)],
  ])('is not there in EXIF that is %s', async (_, exif) => {
    expect(await read(chunk('eXIf', exif))).toEqual(NOTHING)
  })
})

describe('the prompt in XMP', () => {
  const list = `<dc:description><rdf:Alt><rdf:li xml:lang="de">ein Fuchs</rdf:li><rdf:li xml:lang="x-default">a fox &amp; a &#x1F98A;</rdf:li></rdf:Alt></dc:description>`

  test.each([
    ['a list', xmpPacket(list), 'a fox & a 🦊'],
    ['an attribute', xmpPacket('', ' dc:description="a &quot;fox&quot;"'), 'a "fox"'],
    ['an element', xmpPacket('<dc:description>a fox</dc:description>'), 'a fox'],
  ])('is read from %s, in a PNG and in a JPEG', async (_, packet, prompt) => {
    expect(await read(iTXt('XML:com.adobe.xmp', packet, false))).toMatchObject({ prompt })
    const sharp = await loadSharp()
    const jpeg = await sharp(await plainPng('#321', 16, 16))
      .withXmp(packet)
      .jpeg()
      .toBuffer()
    expect(await readEmbeddedPrompt(jpeg)).toMatchObject({ prompt })
  })

  test('names the model only where a model made the picture', async () => {
    const system = ' Iptc4xmpExt:AISystemUsed="image-01"'
    const tool = ' xmp:CreatorTool="Painter 9"'
    const type =
      ' Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"'
    const modelOf = async (attributes: string): Promise<object> =>
      read(iTXt('XML:com.adobe.xmp', xmpPacket('', attributes), false))
    expect(await modelOf(system)).toMatchObject({ model: 'image-01' })
    expect(await modelOf(tool)).toEqual(NOTHING)
    expect(await modelOf(`${tool}${type}`)).toMatchObject({ model: 'Painter 9' })
  })
})

describe('a hostile picture says nothing, and costs little memory', () => {
  const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024))
  const head = (keyword: string): Buffer => Buffer.from(`${keyword}\0\0`, 'latin1')

  test.each<[string, readonly Buffer[]]>([
    ['a text that inflates to 64 MiB', [chunk('zTXt', Buffer.concat([head('parameters'), bomb]))]],
    [
      'a hundred of them',
      Array.from({ length: 100 }, (_, index) =>
        chunk('zTXt', Buffer.concat([head(`k${index}`), bomb])),
      ),
    ],
    [
      'a text that does not inflate',
      [chunk('zTXt', Buffer.concat([head('parameters'), Buffer.from('x')]))],
    ],
    ['a text without a keyword', [chunk('tEXt', Buffer.from('\0a fox'))]],
    ['a text without an end of its keyword', [chunk('tEXt', Buffer.from('parameters'))]],
    ['an iTXt that is cut off', [chunk('iTXt', Buffer.from('parameters\0\0\0en'))]],
    ['a plain text of 20 MiB', [tEXt('parameters', Buffer.alloc(20 * 1024 * 1024, 97))]],
  ])('with %s', async (_, chunks) => {
    expect(await read(...chunks)).toEqual(NOTHING)
  })

  test('with a chunk that claims to be longer than the file', async () => {
    const png = await plainPng('#123', 8, 8)
    const text = tEXt('parameters', 'a fox')
    text.writeUInt32BE(0xff_ff_ff_f0, 0)
    expect(await readEmbeddedPrompt(withChunks(png, 'behind', text))).toEqual(NOTHING)
  })

  test('unless a later text is whole', async () => {
    const chunks = [chunk('zTXt', Buffer.concat([head('Comment'), Buffer.from('x')]))]
    expect(await read(...chunks, tEXt('parameters', 'a fox'))).toMatchObject({ prompt: 'a fox' })
  })
})
