import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoLeaks, expectPictures } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { HOSTS } from './hosts/all.ts'
import { buildWith } from './hosts/host.ts'
import { hashesBelow, look, openSandbox, picturesBelow } from './sandbox.ts'
import { readTable, tableOf } from './table.ts'
import { TEN_IMAGES } from './ten-images.ts'

/** One project for all hosts: what it renders is rendered once. */
let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  project = await openSandbox({
    files: {
      ...TEN_IMAGES,
      'src/one.js': `import { picture7 } from './ten.image.yaml'; export const shown = picture7`,
      'src/later.js': `export const shown = (await import('./ten.image.yaml')).picture7`,
      'src/none.js': `import './ten.image.yaml'; export const shown = undefined`,
    },
  })
})
afterAll(() => project.dispose())

type Pictures = Record<string, GeneratedImage>

describe.each(HOSTS.map((host) => ({ name: host.name, host })))('$name', ({ name, host }) => {
  const out = (kind: string): string => `${name.replace(' ', '-')}-${kind}`

  test('every URL is a file of the promised size, the server agrees, and nothing leaks', async () => {
    const client = await buildWith(host, project, { out: out('client'), sourcemap: true })
    const { pictures } = (await client.values()) as { pictures: Pictures }
    await expectPictures(client, Object.values(pictures))
    expect(Object.values(pictures).map(({ width, height }) => [width, height])).toEqual([
      [128, 128],
      [128, 128],
      [192, 128],
    ])
    const server = await buildWith(host, project, { out: out('server'), target: 'server' })
    expect((await server.values())['pictures']).toEqual(pictures)
    expectNoLeaks(client.out, project)
    expectNoLeaks(server.out, project)

    project.asked()
    const hashes = hashesBelow(client.out)
    await buildWith(host, project, { out: out('client'), sourcemap: true })
    expect(hashesBelow(client.out)).toEqual(hashes)
    expect(project.asked()).toBe(0)
  })

  test('of ten images those that are used are in the output', async () => {
    // Some bundlers see what is used of a module that comes later; none has to.
    for (const [entry, ...counts] of [
      ['one', 1],
      ['later', 1, 10],
      ['none', 0],
    ] as const) {
      const from = { entry: `src/${entry}.js`, out: out(entry) }
      const built = await buildWith(host, project, { ...from, base: 'relative' })
      const { shown } = (await built.values()) as { shown: GeneratedImage | undefined }
      if (shown !== undefined) expect((await look(built.fileOf(shown.src))).width).toBe(27)
      expect(counts, entry).toContain(picturesBelow(built.out).length)
    }
  })
})

test('the table of bundlers says what the hosts are tested for', () => {
  const readme = readFileSync(path.join(import.meta.dirname, '../../examples/README.md'), 'utf8')
  expect(readTable(readme, 'bundler')).toEqual(tableOf(HOSTS))
})
