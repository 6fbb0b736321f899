import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import {
  BODY,
  ask,
  character,
  dataUrl,
  difference,
  hash,
  pictureOf,
  plainPicture,
  request,
  start,
} from './client.ts'

let emulator: Emulator

beforeAll(async () => {
  emulator = await start()
})

afterAll(async () => {
  await emulator.close()
})

describe('an answer with pictures', () => {
  it('has the shape of recorded answers', async () => {
    const answer = await ask(emulator, { ...BODY, n: 2 })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.json.id).toMatch(/^[0-9a-f]{32}$/)
    expect(answer.headers.get('trace-id')).toBe(answer.json.id)
    expect(Object.keys(answer.json)).toEqual(['id', 'data', 'metadata', 'base_resp'])
    expect(Object.keys(answer.json.data!)).toEqual(['image_base64'])
    expect(answer.json.metadata).toEqual({ failed_count: '0', success_count: '2' })
    expect(answer.json.base_resp).toEqual({ status_code: 0, status_msg: 'success' })
    expect(answer.json.data!.image_base64).toHaveLength(2)
    expect(answer.json.data!.image_base64![0]).toMatch(/^\/9j\//)
  })

  it('has a new id every time', async () => {
    const [first, second] = [await ask(emulator), await ask(emulator)]
    expect(first.json.id).not.toBe(second.json.id)
  })

  it.each([
    ['1:1', 1024, 1024],
    ['16:9', 1280, 720],
    ['4:3', 1152, 864],
    ['3:2', 1248, 832],
    ['2:3', 832, 1248],
    ['3:4', 864, 1152],
    ['9:16', 720, 1280],
    ['21:9', 1344, 576],
  ])(
    '%s is drawn as %i x %i, whatever width and height say',
    async (aspect_ratio, width, height) => {
      const answer = await ask(emulator, { ...BODY, aspect_ratio })
      expect(await sizeOf(pictureOf(answer))).toEqual({ format: 'jpeg', width, height })
    },
  )

  it.each([
    [{}, 1024, 1024],
    [{ width: 2048, height: 512 }, 2048, 512],
    [{ width: 520, height: 1608, aspect_ratio: null }, 520, 1608],
  ])('%j is drawn as %i x %i', async (fields, width, height) => {
    const { model, prompt, response_format } = BODY
    const answer = await ask(emulator, { model, prompt, response_format, ...fields })
    expect(await sizeOf(pictureOf(answer))).toEqual({ format: 'jpeg', width, height })
  })
})

describe('the pictures', () => {
  it('are the same for the same request, also from another emulator', async () => {
    await using other = await start()
    const answers = [
      await ask(emulator, { ...BODY, n: 2 }),
      await ask(emulator, { ...BODY, n: 2 }),
      await ask(other, { ...BODY, n: 2 }),
    ]
    const pairs = answers.map(({ json }) => json.data!.image_base64!.join())
    expect(new Set(pairs).size).toBe(1)
  })

  it('change with everything that decides them', async () => {
    const reference = [character(dataUrl(await plainPicture('#c03020')))]
    const changes = [
      {},
      { prompt: 'a red boat on a lake, again' },
      { seed: 1 },
      { seed: 2 },
      { width: 520 },
      { model: 'image-01-live', width: undefined, height: undefined },
      { subject_reference: reference },
      { aigc_watermark: true },
      { prompt_optimizer: true },
    ]
    const answers = await Promise.all(
      changes.map((change) => ask(emulator, { ...BODY, ...change })),
    )
    expect(new Set(answers.map((answer) => hash(pictureOf(answer)))).size).toBe(changes.length)
  })

  it('differ within one answer, but do not depend on their number', async () => {
    const two = await ask(emulator, { ...BODY, seed: 5, n: 2 })
    const three = await ask(emulator, { ...BODY, seed: 5, n: 3 })
    expect(new Set([0, 1, 2].map((index) => hash(pictureOf(three, index)))).size).toBe(3)
    expect(hash(pictureOf(two, 1))).toBe(hash(pictureOf(three, 1)))
  })

  it('show the reference in the upper right corner', async () => {
    const body = { ...BODY, prompt: 'she stands by a lake', seed: 3 }
    const [red, blue] = await Promise.all(
      ['#d02010', '#1030d0'].map(async (color) => {
        const subject_reference = [character(dataUrl(await plainPicture(color)))]
        return pictureOf(await ask(emulator, { ...body, subject_reference }))
      }),
    )
    const sharp = await loadSharp()
    const corner = { left: 400, top: 30, width: 80, height: 80 }
    const { dominant } = await sharp(await sharp(red).extract(corner).toBuffer()).stats()
    expect(dominant.r).toBeGreaterThan(150)
    expect(dominant.b).toBeLessThan(80)
    expect(await difference(red!, blue!, corner)).toBeGreaterThan(80)
  })

  it('show the prompt in letters along the lower edge', async () => {
    const body = { ...BODY, model: 'image-01', seed: 3 }
    const texts = ['lake XXXXXXXXXXXXXXXX', 'lake ................']
    const [marks, dots] = await Promise.all(
      texts.map(async (prompt) => pictureOf(await ask(emulator, { ...body, prompt }))),
    )
    const light = async (bytes: Buffer | undefined): Promise<number> => {
      const sharp = await loadSharp()
      const line = await sharp(bytes)
        .extract({ left: 90, top: 440, width: 200, height: 30 })
        .greyscale()
        .normalise()
        .raw()
        .toBuffer()
      return line.filter((value) => value > 128).length
    }
    expect(await light(marks)).toBeGreaterThan((await light(dots)) * 1.5)
  })

  it('are about as large as real ones', async () => {
    const answer = await ask(emulator, { ...BODY, aspect_ratio: '1:1', prompt: 'a city at night' })
    expect(pictureOf(answer).length).toBeGreaterThan(50_000)
    expect(pictureOf(answer).length).toBeLessThan(300_000)
  })
})

describe('references', () => {
  it('can be JPEGs and PNGs, several of them, and URLs', async () => {
    const png = dataUrl(await plainPicture('#446688'))
    const jpeg = await plainPicture('#886644', 'jpeg')
    const published = await ask(emulator, { ...BODY, response_format: 'url' })
    const subject_reference = [
      character(png),
      character(dataUrl(jpeg, 'image/jpeg')),
      character(dataUrl(jpeg, 'image/jpg')),
      character(published.json.data!.image_urls![0]!),
      character('https://pictures.invalid/kira.png'),
    ]
    const answer = await ask(emulator, { ...BODY, subject_reference })
    expect(answer.json.base_resp.status_code).toBe(0)
  })

  it('differ by their URL where that is not fetched', async () => {
    const answers = await Promise.all(
      ['https://a.invalid/1.png', 'https://a.invalid/2.png'].map((url) =>
        ask(emulator, { ...BODY, subject_reference: [character(url)] }),
      ),
    )
    expect(hash(pictureOf(answers[0]!))).not.toBe(hash(pictureOf(answers[1]!)))
  })

  it('may be just below 10 MB, and no larger', async () => {
    const png = await plainPicture('#446688')
    // Bytes after the end of a PNG are ignored.
    const padded = (size: number): string =>
      dataUrl(Buffer.concat([png, Buffer.alloc(size - png.length)]))
    const limit = 10 * 1024 * 1024
    const below = await ask(emulator, {
      ...BODY,
      subject_reference: [character(padded(limit - 1))],
    })
    const above = await ask(emulator, { ...BODY, subject_reference: [character(padded(limit))] })
    expect(below.json.base_resp.status_code).toBe(0)
    expect(above.json.base_resp.status_code).toBe(2013)
    expect(above.json.base_resp.status_msg).toContain('10MB')
  })

  it.each<[string, () => string | Promise<string>]>([
    ['a WebP', async () => dataUrl(await plainPicture('#fff', 'webp'), 'image/webp')],
    ['a WebP that says PNG', async () => dataUrl(await plainPicture('#fff', 'webp'))],
    ['no picture', () => dataUrl(Buffer.from('hello'))],
    ['half a picture', async () => dataUrl((await noise()).subarray(0, 9000))],
    ['broken base64', () => 'data:image/png;base64,iVBOR%%'],
    ['empty base64', () => 'data:image/png;base64,'],
    ['text', () => 'kira.png'],
    ['a file', () => 'file:///etc/hostname'],
    ['a URL of this machine that answers 404', () => `${emulator.url}/nothing`],
    ['a URL that answers something else', () => `${emulator.url}/__emulator/stats`],
  ])('cannot be %s', async (_, file) => {
    const answer = await ask(emulator, { ...BODY, subject_reference: [character(await file())] })
    expect(answer.json.base_resp.status_code).toBe(2013)
    expect(answer.json.base_resp.status_msg).toMatch(/^invalid params, image_file /)
  })
})

describe('url mode', () => {
  it('is the default and serves the same picture to every client', async () => {
    const { response_format: _, ...body } = BODY
    const byUrl = await ask(emulator, { ...body, n: 2 })
    expect(Object.keys(byUrl.json.data!)).toEqual(['image_urls'])
    const urls = byUrl.json.data!.image_urls!
    const files = await Promise.all(urls.map((url) => fetch(url)))
    const inline = await ask(emulator, { ...BODY, n: 2 })
    for (const [index, file] of files.entries()) {
      expect(file.status).toBe(200)
      expect(file.headers.get('content-type')).toBe('image/jpeg')
      const bytes = Buffer.from(await file.arrayBuffer())
      expect(hash(bytes)).toBe(hash(pictureOf(inline, index)))
    }
    const [first] = urls
    expect([...new URL(first!).searchParams.keys()]).toEqual([
      'Expires',
      'OSSAccessKeyId',
      'Signature',
    ])
    const head = await fetch(first!, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(files[0]!.headers.get('content-length'))
  })

  it('ends after 24 hours, and a signature is valid for one picture only', async () => {
    let time = 1_800_000_000_000
    await using clocked = await start({ now: () => time })
    const answer = await ask(clocked, { ...BODY, response_format: 'url' })
    const url = new URL(answer.json.data!.image_urls![0]!)
    time += 24 * 3600 * 1000 - 1
    expect((await fetch(url)).status).toBe(200)
    time += 1
    const expired = await fetch(url)
    expect(expired.status).toBe(403)
    expect(expired.headers.get('content-type')).toBe('application/xml')
    expect(await expired.text()).toContain('<Message>Request has expired.</Message>')
    url.searchParams.set('Expires', '1900000000')
    expect(await (await fetch(url)).text()).toContain('<Code>SignatureDoesNotMatch</Code>')
  })

  it('makes a leaked key visible', async () => {
    await using fresh = await start()
    const answer = await ask(fresh, { ...BODY, response_format: 'url' })
    const url = answer.json.data!.image_urls![0]!
    await fetch(url)
    expect(fresh.requests()).toHaveLength(1)
    await fetch(url, { headers: { Authorization: 'Bearer secret-key-1' } })
    const leak = fresh.requests()[1]!
    expect(leak).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer ***' } })
    expect(url.endsWith(leak.path)).toBe(true)
  })
})

describe('an answer', () => {
  it('to other paths and methods is a plain 404', async () => {
    for (const [method, path] of [
      ['GET', '/v1/image_generation'],
      ['POST', '/v1/images/generations'],
      ['POST', '/'],
      ['PUT', '/v1/image_generation'],
      ['GET', '//'],
    ] as const) {
      const response = await fetch(`${emulator.url}${path}`, { method })
      expect(response.status).toBe(404)
      expect(await response.text()).toBe('404 page not found')
    }
    const head = await fetch(`${emulator.url}/v1/image_generation`, { method: 'HEAD' })
    expect(head.status).toBe(404)
    expect(await head.text()).toBe('')
  })

  it('accepts a query, a charset or chunks', async () => {
    const response = await fetch(`${emulator.url}/v1/image_generation?GroupId=7`, {
      method: 'POST',
      headers: { Authorization: 'bearer k', 'Content-Type': 'Application/JSON; charset=UTF-8' },
      body: new Blob([JSON.stringify(BODY)]).stream(),
      duplex: 'half',
    })
    expect(await response.json()).toMatchObject({ base_resp: { status_code: 0 } })
  })

  it('uses one connection for several requests', async () => {
    const response = await request(emulator)
    expect(response.headers.get('connection')).toBe('keep-alive')
    await response.arrayBuffer()
  })
})

async function sizeOf(bytes: Buffer): Promise<{ format: string; width: number; height: number }> {
  const sharp = await loadSharp()
  const { format, width, height } = await sharp(bytes).metadata()
  return { format, width, height }
}

/** A PNG that does not compress, so that half of it lacks half the pixels. */
async function noise(): Promise<Buffer> {
  const sharp = await loadSharp()
  const side = 96
  const pixels = Buffer.from(
    Array.from({ length: side * side * 3 }, (_, index) => (index * index * 31 + index * 7) % 251),
  )
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer()
}
