import { existsSync } from 'node:fs'
import path from 'node:path'
import { build, context, type BuildOptions } from 'esbuild'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { expectPictures } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { esbuild, esbuildOptions } from './hosts/esbuild.ts'
import { builtIn, buildWith, settingsFor } from './hosts/host.ts'
import { openSandbox, picturesBelow, png, sandbox, type Sandbox } from './sandbox.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await buildWith(esbuild, filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

function optionsFor(project: Sandbox, own: BuildOptions = {}): BuildOptions {
  return { ...esbuildOptions(project, settingsFor()), ...own }
}

test('with `write: false`, pictures are in the result and the metafile, under the names that the user chose', async () => {
  const project = await sandbox({ store })
  const { outputFiles = [], metafile } = await build(
    optionsFor(project, { write: false, metafile: true, assetNames: 'img/[name]' }),
  )
  expect(existsSync(project.path('dist'))).toBe(false)
  const pictures = outputFiles.filter(({ path: file }) => !file.endsWith('.mjs'))
  expect(pictures).toHaveLength(14)
  for (const { path: file } of pictures) {
    expect(path.relative(project.path('dist'), file)).toMatch(/^img[/\\](?:kira|hero)[\w-]*\.\w+$/)
  }
  const text = JSON.stringify(metafile)
  expect(Object.keys(metafile!.inputs)).toContain(
    'imagegen:src/cast.image.yaml?imagegen&image=kira',
  )
  expect(text).not.toContain(project.root)
  expect(text).not.toContain('cartographer')
})

test('split chunks share their pictures', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import { kira } from './cast.image.yaml'
        export const pictures = { kira, later: (await import('./later.js')).kira }
      `,
      'src/later.js': `export { kira } from './cast.image.yaml'`,
    },
  })
  const built = await buildWith(esbuild, project, { base: 'relative' })
  const { pictures } = (await built.values()) as { pictures: Record<string, GeneratedImage> }
  expect(pictures['later']).toEqual(pictures['kira'])
  await expectPictures(built, Object.values(pictures))
})

test('a context that builds again sees edits of manifests, configuration and store, and recovers', async () => {
  const project = await sandbox({ store })
  const made = await context(optionsFor(project))
  onTestFinished(() => made.dispose())
  const built = builtIn(project, settingsFor())
  const kira = async (): Promise<GeneratedImage> => {
    await made.rebuild()
    return ((await built.values())['pictures'] as Record<string, GeneratedImage>)['kira']!
  }
  const first = await kira()
  expect(await kira()).toEqual(first)

  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [48]')
  expect((await kira()).width).toBe(48)

  project.write('imagegen.config.mjs', 'export default { nonsense: true }')
  await expect(made.rebuild()).rejects.toThrow(/nonsense/)
  project.write('imagegen.config.mjs', 'export default { defaults: { alt: "Nobody" } }')
  expect((await kira()).width).toBe(48)

  project.edit('src/cast.image.yaml', 'seed:', 'sede:')
  const failed = await made.rebuild().catch((error: unknown) => error as { errors: object[] })
  // One error that says it, and none for every name that is imported from it.
  expect(failed.errors).toHaveLength(1)
  expect(JSON.stringify(failed.errors)).toMatch(/src\/cast\.image\.yaml:9:5 {2}.*`sede`/)
  project.edit('src/cast.image.yaml', 'sede:', 'seed:')
  expect((await kira()).width).toBe(48)

  project.edit('src/cast.image.yaml', 'a young', 'an old')
  await kira()
  expect(project.asked()).toBe(2)
})

test('paths of TypeScript, packages and entry points that are manifests', async () => {
  const project = await sandbox({
    store,
    files: {
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
      'node_modules/tiles/package.json': '{ "exports": { "./tile": "./art/tile.image.yaml" } }',
      'node_modules/tiles/art/tile.image.yaml': 'source: ./t.png\nalt: ""\noutput: { widths: [8] }',
      'src/main.ts': `
        export { default as hero } from '@/hero.image.yaml'
        export { default as tile } from 'tiles/tile'
      `,
    },
  })
  project.write('node_modules/tiles/art/t.png', await png('#135'))
  const include = ['src/**/*.image.yaml', 'node_modules/tiles/**/*.image.yaml']
  const options = { include, exclude: [] }
  const built = await buildWith(esbuild, project, { entry: 'src/main.ts', options })
  const { hero, tile } = (await built.values()) as Record<string, GeneratedImage>
  expect([hero?.width, tile?.width]).toEqual([192, 8])

  await build(optionsFor(project, { entryPoints: { main: 'src/hero.image.yaml' } }))
  const entry = builtIn(project, settingsFor())
  expect(((await entry.values())['default'] as GeneratedImage).width).toBe(192)
  expect(picturesBelow(entry.out).filter((file) => file.startsWith('hero'))).toHaveLength(6)
})
