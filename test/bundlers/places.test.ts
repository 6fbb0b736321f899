import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import imagegen from '../../src/vite.ts'
import type { GeneratedImage } from './generated-image.ts'
import { listenToConsole } from './console.ts'
import { openSandbox, picturesBelow, png, sandbox } from './sandbox.ts'
import { viteDev } from './vite-dev.ts'
import { viteBuild, viteValues } from './vite.ts'
import { webpackBuild, webpackValues } from './webpack.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await viteBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

type Values = Record<string, GeneratedImage>

test.each(['with a space', 'größe-春', '100% real', "it's (fine) [here] & {there}", 'c++ +plus'])(
  'a project in a folder called %s',
  async (folder) => {
    const project = await sandbox({
      store,
      folder,
      files: {
        [`src/${folder}/deep.image.yaml`]: [
          'images:',
          '  kira: { source: ../face.png, alt: A face, output: { widths: [20] } }',
          '  春-夏: { source: ../face.png, alt: "", output: { widths: [24] } }',
        ].join('\n'),
        'src/main.js': [
          `import deep, { kira } from ${JSON.stringify(`./${folder}/deep.image.yaml`)}`,
          `import hero from './hero.image.yaml'`,
          `export const other = deep['春-夏']`,
          'export { kira, hero }',
          'globalThis.shown = [kira, other, hero]',
        ].join('\n'),
      },
    })
    for (const values of [await viteValues(project), await webpackValues(project)]) {
      const { kira, other, hero } = values as Values
      expect([kira?.width, other?.width, hero?.width]).toEqual([20, 24, 192])
    }
    expect(picturesBelow(await viteBuild(project))).toHaveLength(8)
    rmSync(project.path('dist'), { recursive: true })
    expect(picturesBelow(await webpackBuild(project))).toHaveLength(8)
    expect(project.asked()).toBe(0)

    // Vite's dev server itself does not find files below such a folder.
    if (folder.includes('%')) return
    listenToConsole()
    const dev = await viteDev(project)
    expect((await dev.visit()).pictures).toHaveLength(8)
  },
)

test('webpack builds a project in a folder with a # in its name', async () => {
  const project = await sandbox({ store, folder: 'c#' })
  expect(picturesBelow(await webpackBuild(project))).toHaveLength(14)
})

test('a manifest of another package of the workspace', async () => {
  const project = await sandbox({
    store,
    folder: 'workspace/app',
    files: {
      '../package.json': '{ "workspaces": ["*"] }',
      '../shared/logo.image.yaml': 'source: ./art/logo.png\nalt: Logo\noutput: { widths: [10] }',
      'src/main.js': `export { default as logo } from '../../shared/logo.image.yaml'`,
    },
  })
  project.write('../shared/art/logo.png', await png('#123456'))
  await expect(viteBuild(project)).rejects.toThrow(
    /\.\.\/shared\/logo\.image\.yaml is imported, but the option `include`/,
  )
  const include = ['src/**/*.image.yaml', '../shared/**/*.image.yaml']
  for (const values of [
    await viteValues(project, {}, { include }),
    await webpackValues(project, {}, { include }),
  ]) {
    expect((values as Values)['logo']).toMatchObject({ width: 10, alt: 'Logo' })
  }
  listenToConsole()
  const dev = await viteDev(project, { server: { fs: { allow: ['..'] } } }, { include })
  expect((await dev.visit()).pictures).toHaveLength(1)

  await expect(viteBuild(project, {}, { include, allow: '.' })).rejects.toThrow(
    /outside of the folders that manifests may use/,
  )
})

test('two of our plugins in one configuration, each with manifests of its own', async () => {
  const project = await sandbox({
    files: {
      'src/other/one.image.yaml': 'prompt: A lighthouse\nalt: ""\nsize: 512x512',
      'src/main.js': `
        export { kira } from './cast.image.yaml'
        export { default as one } from './other/one.image.yaml'
      `,
    },
  })
  rmSync(project.path('src/hero.image.yaml'))
  const second = { ...project.options, include: 'src/other/*.image.yaml' }
  const { kira, one } = (await viteValues(
    project,
    { plugins: [imagegen(second)] },
    { include: 'src/*.image.yaml' },
  )) as Values
  expect([kira?.width, one?.width]).toEqual([128, 512])
  expect(project.asked()).toBe(7)

  // Both with the same manifests.
  const again = await viteValues(project, { plugins: [imagegen(project.options)] })
  expect(again['one']).toEqual(one)
  expect(project.asked()).toBe(0)
})
