import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ImageModel } from '../../src/model/image-model.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { sendJson, serve } from '../model/loopback.ts'
import { temporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline, statesOf } from './running.ts'

async function pictures(count: number, side = 8): Promise<Buffer[]> {
  const sharp = await loadSharp()
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const background = { r: index % 256, g: index >> 8, b: 7 }
      return sharp({ create: { width: side, height: side, channels: 3, background } })
        .png()
        .toBuffer()
    }),
  )
}

/** A model that answers with what it has, however many were asked for. */
function modelWith(images: Buffer[]): ImageModel {
  return {
    specificationVersion: 'v3',
    provider: 'generous.image',
    modelId: 'generous-1',
    maxImagesPerCall: 9,
    doGenerate: () =>
      Promise.resolve({
        images,
        warnings: [],
        response: { timestamp: new Date(), modelId: 'generous-1', headers: undefined },
      }),
  }
}

function namesIn(root: string, folder: string): string[] {
  return readdirSync(path.join(root, '.imagegen', folder))
}

async function generous(images: Buffer[], n: number) {
  const { root } = await temporaryProject({
    'a.image.yaml': `prompt: x\nalt: ""\nmodel: generous\nn: ${n}`,
  })
  const pipeline = await openPipeline(root, {
    url: 'http://127.0.0.1:9',
    inline: { models: { generous: modelWith(images) } },
  })
  return { root, pipeline, ...(await generateAll(pipeline)) }
}

describe('a model that answers with more pictures than were asked for', () => {
  test('stores as many as were requested and quarantines the others', async () => {
    const images = await pictures(60)
    const { root, report, events, pipeline } = await generous(images, 2)
    expect(report.failures).toEqual([])
    expect(namesIn(root, '.').filter((name) => name.endsWith('.png'))).toHaveLength(2)
    const kept = namesIn(root, 'quarantine')
    const digests = new Set(
      kept
        .filter((name) => name.endsWith('.png'))
        .map((name) => sha256(readFileSync(path.join(root, '.imagegen/quarantine', name)))),
    )
    const rest = kept.filter((name) => name.endsWith('.answer.txt'))
    expect(rest).toHaveLength(1)
    const lines = readFileSync(path.join(root, '.imagegen/quarantine', rest[0] ?? ''), 'utf8')
    for (const line of lines.split('\n')) digests.add(sha256(Buffer.from(line, 'base64')))
    for (const image of images.slice(2)) expect(digests).toContain(sha256(image))
    const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
    expect(warnings.join('\n')).toContain('60 pictures where 2 were asked for')
    expect(await statesOf(pipeline)).toEqual({ a: 'current' })
    expect((await pipeline.store.verify()).problems).toEqual([])
  })

  test('uses a surplus picture in place of one that cannot be read', async () => {
    const [first, second, third] = await pictures(3)
    const broken = Buffer.from('no picture')
    const { root, report } = await generous([broken, first!, second!, third!], 2)
    expect(report.failures).toEqual([])
    const there = namesIn(root, '.').filter((name) => name.endsWith('.png'))
    const digests = there.map((name) => sha256(readFileSync(path.join(root, '.imagegen', name))))
    expect(digests.sort()).toEqual([sha256(first!), sha256(second!)].sort())
  })
})

test('a picture that cannot be fetched costs no second request, and its address is kept', async () => {
  const [good] = await pictures(1, 512)
  const server = await serve((response, { path: asked }) => {
    if (asked === '/good.png') response.end(good)
    else if (asked === '/gone.png') response.writeHead(500).end()
    else {
      const image_urls = [`${server.url}/gone.png`, `${server.url}/good.png`]
      sendJson(response, { data: { image_urls }, base_resp: { status_code: 0 } })
    }
  })
  const { root } = await temporaryProject({
    'a.image.yaml': 'prompt: x\nalt: ""\nsize: 512x512\n',
  })
  const pipeline = await openPipeline(root, { url: server.url })
  const { report, events } = await generateAll(pipeline)
  expect(report.failures).toEqual([])
  expect(await statesOf(pipeline)).toEqual({ a: 'current' })
  expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(1)
  const kept = namesIn(root, 'quarantine').find((name) => name.endsWith('.answer.txt')) ?? ''
  expect(readFileSync(path.join(root, '.imagegen/quarantine', kept), 'utf8')).toContain(
    `${server.url}/gone.png`,
  )
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
  expect(warnings.join('\n')).toContain(`kept as .imagegen/quarantine/${kept}`)
})

test('where a candidate is lacking because it could not be fetched, no other is asked for', async () => {
  const [good] = await pictures(1, 512)
  const server = await serve((response, { path: asked }) => {
    if (asked === '/good.png') response.end(good)
    else if (asked === '/drip.png') response.writeHead(200).write('half', () => response.destroy())
    else {
      const image_urls = [`${server.url}/drip.png`, `${server.url}/good.png`]
      sendJson(response, { data: { image_urls }, base_resp: { status_code: 0 } })
    }
  })
  const { root } = await temporaryProject({
    'a.image.yaml': 'prompt: x\nalt: ""\nsize: 512x512\nn: 2\n',
  })
  const { report } = await generateAll(await openPipeline(root, { url: server.url }))
  expect(report.failures).toMatchObject([{ code: 'unusable' }])
  expect(report.failures[0]?.problem.message).toContain('1 of 2 candidates are there')
  expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(1)
  expect(namesIn(root, '.').filter((name) => name.endsWith('.png'))).toHaveLength(1)
})
