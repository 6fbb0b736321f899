import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectPictures } from '../bundlers/expect-pictures.ts'
import type { GeneratedImage } from '../bundlers/generated-image.ts'
import { HOSTS } from '../bundlers/hosts/all.ts'
import { buildWith } from '../bundlers/hosts/host.ts'
import { look, openSandbox, picturesBelow } from '../bundlers/sandbox.ts'
import { TEN_IMAGES } from '../bundlers/ten-images.ts'

let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  project = await openSandbox({
    files: {
      ...TEN_IMAGES,
      'src/c# & (d)/#1.image.yaml': 'source: ../face.png\nalt: One\noutput: { widths: [20] }',
      'src/c# & (d)/#2.image.yaml': [
        'images:',
        '  größe: { source: ../face.png, alt: Two, output: { widths: [24] } }',
      ].join('\n'),
      'src/odd.js': `
        import one from './c\\0# & (d)/\\0#1.image.yaml'
        import { größe } from './c\\0# & (d)/\\0#2.image.yaml'
        export { one, größe }
      `,
      'src/star.js': `import * as ten from './ten.image.yaml'; export const shown = ten.picture7`,
      'src/record.js': `import ten from './ten.image.yaml'; export const shown = ten['picture7']`,
    },
  })
})
afterAll(() => project.dispose())

// A user's own import spells a # as the bundler wants it; ours do the same.
describe.each(HOSTS.map((host) => ({ name: host.name, host })))('$name', ({ name, host }) => {
  test('names with a # and other characters', async () => {
    const isWebpack = name.startsWith('webpack') || name.startsWith('Rspack')
    if (!isWebpack) project.write('src/odd.js', project.read('src/odd.js').replaceAll('\\0', ''))
    const built = await buildWith(host, project, { entry: 'src/odd.js', out: `${name}-odd` })
    const { one, größe } = (await built.values()) as Record<string, GeneratedImage>
    await expectPictures(built, [one!, größe!])
  })

  // Some bundlers see what is used of the record; none has to.
  test.each([
    ['star', [1]],
    ['record', [1, 10]],
  ] as const)('one of ten images, by the import %s', async (entry, counts) => {
    const from = { entry: `src/${entry}.js`, out: `${name}-${entry}` }
    const built = await buildWith(host, project, { ...from, base: 'relative' })
    const { shown } = (await built.values()) as { shown: GeneratedImage }
    expect((await look(built.fileOf(shown.src))).width).toBe(27)
    expect(counts).toContain(picturesBelow(built.out).length)
  })
})
