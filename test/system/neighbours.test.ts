import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Options } from '../../src/options/options.ts'
import { expectPictures } from '../bundlers/expect-pictures.ts'
import type { GeneratedImage } from '../bundlers/generated-image.ts'
import { HOSTS } from '../bundlers/hosts/all.ts'
import { buildWith, type HostCache } from '../bundlers/hosts/host.ts'
import { openSandbox } from '../bundlers/sandbox.ts'

let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  project = await openSandbox({
    files: {
      'src/one/fox.image.yaml': 'source: ../face.png\nalt: A fox\noutput: { widths: [20] }',
      'src/two/owl.image.yaml': 'source: ../face.png\nalt: An owl\noutput: { widths: [24] }',
      'src/three/elk.image.yaml': 'source: ../face.png\nalt: An elk\noutput: { widths: [28] }',
      'src/main.js': `
        export { default as fox } from './one/fox.image.yaml'
        export { default as owl } from './two/owl.image.yaml'
      `,
      'src/three.js': `export { default as elk } from './three/elk.image.yaml'`,
    },
  })
})
afterAll(() => project.dispose())

describe.each(HOSTS.map((host) => ({ name: host.name, host })))('$name', ({ name, host }) => {
  const only = (folder: string): Options => ({ ...project.options, include: `src/${folder}/**` })
  const build = async (entry: string, second: Options, cache?: HostCache) => {
    const built = await buildWith(host, project, {
      entry: `src/${entry}.js`,
      out: name.replace(' ', '-'),
      options: only('one'),
      after: [host.plugin(second)],
      cache,
    })
    const images = (await built.values()) as Record<string, GeneratedImage>
    await expectPictures(built, Object.values(images))
    return images
  }

  test('two plugins, each with manifests of its own', async () => {
    const cache = {}
    for (const round of [1, 2]) {
      const { fox, owl } = await build('main', only('two'), cache)
      expect([fox?.alt, owl?.alt], `round ${round}`).toEqual(['A fox', 'An owl'])
    }
  })

  test('two plugins for the same manifests: the first one answers', async () => {
    const second = { ...project.options, include: 'src/{one,two}/**' }
    const { fox, owl } = await build('main', second)
    expect([fox?.width, owl?.width]).toEqual([20, 24])
  })

  test('a manifest that neither of them finds', async () => {
    await expect(build('three', only('two'))).rejects.toThrow(
      /src\/three\/elk\.image\.yaml is imported, but the option `include` does not find it/,
    )
  })
})
