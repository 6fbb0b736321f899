import { expect, onTestFinished } from 'vitest'
import { listenToConsole } from './console.ts'
import type { GeneratedImage } from './generated-image.ts'
import { builtIn, buildWith, settingsFor, type Host, type HostCache } from './hosts/host.ts'
import { webpack } from './hosts/webpack.ts'
import { openSandbox, sandbox } from './sandbox.ts'

/** A style under a name that `include` does not find, which extends another one. */
export const STYLED: Readonly<
  Record<
    'src/main.js' | 'src/one.image.yaml' | 'styles/snow.yaml' | 'styles/base.image.yaml',
    string
  >
> = {
  'src/main.js': `export { fox } from './one.image.yaml'`,
  'src/one.image.yaml': [
    'extends: ../styles/snow.yaml',
    'images: { fox: { prompt: "A fox, ${look}", alt: A fox } }',
  ].join('\n'),
  'styles/snow.yaml': 'extends: ./base.image.yaml\nvars: { look: in the snow }\n',
  'styles/base.image.yaml':
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }\n',
}

/** A store with the pictures of `STYLED`. */
export async function styledStore(): Promise<{ store: string; dispose(): Promise<void> }> {
  const filled = await openSandbox({ files: STYLED })
  await buildWith(webpack, filled)
  return { store: filled.path('.imagegen'), dispose: () => filled.dispose() }
}

/** Builds again and again with a cache, between edits of styles. */
export async function expectCacheToSeeStyles(host: Host, store: string): Promise<void> {
  const cache: HostCache = {}
  const project = await sandbox({ store, files: STYLED })
  const fox = async (): Promise<GeneratedImage> =>
    (await (await buildWith(host, project, { cache })).values())['fox'] as GeneratedImage
  const first = await fox()
  expect(await fox()).toEqual(first)

  project.edit('styles/base.image.yaml', 'widths: [32]', 'widths: [48]')
  expect((await fox()).width).toBe(48)
  expect(project.asked()).toBe(0)
  project.edit('styles/snow.yaml', 'in the snow', 'in the sand')
  const second = await fox()
  expect(second.src).not.toBe(first.src)
  expect(project.asked()).toBe(1)
  project.edit('styles/snow.yaml', 'look:', 'light:')
  const broken = fox().then(
    () => 'built',
    (error: unknown) => String(error),
  )
  expect(await broken).toMatch(/src\/one\.image\.yaml:2:\d+ {2}No variable `look` is known here/)
}

/** Edits and breaks styles while a host watches. */
export async function expectStylesToBeWatched(host: Host, store: string): Promise<void> {
  listenToConsole()
  const project = await sandbox({ store, files: STYLED })
  const settings = settingsFor()
  const watching = await host.watch(project, settings)
  onTestFinished(() => watching.close())
  let problem = await watching.next()
  /** Some watchers miss what is written in the moment in which they begin to look. */
  const until = async (file: string, isSo: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await isSo())) {
      let isOver = false
      const touching = (async () => {
        await expect
          .poll(() => isOver || project.write(file, project.read(file)), {
            interval: 200,
            timeout: 90_000,
          })
          .toBe(true)
      })()
      problem = await watching.next()
      isOver = true
      await touching
    }
  }
  const width = async (): Promise<number> => {
    if (problem !== undefined) return 0
    return ((await builtIn(project, settings).values())['fox'] as GeneratedImage).width
  }
  expect(await width()).toBe(32)
  project.edit('styles/base.image.yaml', 'widths: [32]', 'widths: [48]')
  await until('styles/base.image.yaml', async () => (await width()) === 48)

  project.edit('styles/snow.yaml', 'vars:', 'vasr:')
  const fault = /styles\/snow\.yaml:2:1 {2}Unknown field `vasr`[^]*src\/one\.image\.yaml:1:10/
  await until('styles/snow.yaml', () => fault.test(problem?.message ?? ''))
  project.edit('styles/snow.yaml', 'vasr:', 'vars:')
  await until('styles/snow.yaml', async () => (await width()) === 48)
  expect(project.asked()).toBe(0)
}

export async function expectNoImportOfStyles(host: Host, store: string): Promise<void> {
  const project = await sandbox({
    store,
    files: { ...STYLED, 'src/main.js': `export * from '../styles/base.image.yaml'` },
  })
  await expect(buildWith(host, project)).rejects.toThrow(
    /styles\/base\.image\.yaml is imported, but it is a style: .* no images/,
  )
}
