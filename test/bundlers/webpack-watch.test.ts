import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Stats } from 'webpack'
import { listenToConsole } from './console.ts'
import { look, picturesBelow, png, sandbox, type Sandbox } from './sandbox.ts'
import { failOn, persistentCache, webpackWatch, type WebpackWatcher } from './webpack.ts'

const ONE = {
  'src/one.image.yaml': [
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
    'images:',
    '  fox: { prompt: A fox in the snow, alt: A fox }',
  ].join('\n'),
  'src/main.js': `import { fox } from './one.image.yaml'; globalThis.shown = fox`,
}

/** Builds until something holds; every build leaves all files that it names. */
async function until(
  watcher: WebpackWatcher,
  project: Sandbox,
  holds: (pictures: readonly string[], stats: Stats) => boolean,
): Promise<readonly string[]> {
  for (;;) {
    const stats = await watcher.next()
    const pictures = picturesBelow(project.path('dist'))
    if (!stats.hasErrors()) {
      const code = readdirSync(project.path('dist')).find((name) => name.endsWith('.js'))
      const named = project.read(path.join('dist', code!)).match(/[0-9a-f]{20}\.\w+(?=")/g) ?? []
      expect(new Set(named)).toEqual(new Set(pictures))
    }
    if (holds(pictures, stats)) return pictures
  }
}

test('placeholders at once, then the pictures; edits are seen and keep every file', async () => {
  listenToConsole()
  const project = await sandbox({ files: ONE })
  const watcher = webpackWatch(project, persistentCache(project.root))
  const standIn = await until(watcher, project, () => true)
  expect(project.asked()).toBe(0)
  expect(standIn).toHaveLength(1)
  const facts = await look(project.path('dist', standIn[0]!))
  const isNew = (than: readonly string[]) => (pictures: readonly string[]) =>
    pictures.join() !== than.join()

  const first = await until(watcher, project, isNew(standIn))
  expect(await look(project.path('dist', first[0]!))).toEqual(facts)

  project.edit('src/one.image.yaml', 'widths: [32]', 'widths: [16, 48]')
  const resized = await until(watcher, project, isNew(first))
  expect(resized).toHaveLength(2)

  project.edit('src/main.js', 'globalThis.shown = fox', 'globalThis.shown = [fox]')
  expect(await until(watcher, project, () => true)).toEqual(resized)

  project.edit('src/one.image.yaml', 'A fox in', 'A wolf in')
  const again = await until(watcher, project, isNew(resized))
  const second = await until(watcher, project, isNew(again))
  expect(second).not.toEqual(resized)
  const prompts = project.emulator.requests().map(({ body }) => (body as { prompt: string }).prompt)
  expect(prompts.filter((prompt) => prompt.includes('snow'))).toEqual([
    'A fox in the snow',
    'A wolf in the snow',
  ])
})

test('does not wait for a provider, and does not end because of what is broken', async () => {
  listenToConsole()
  const project = await sandbox({ files: ONE, emulator: { faults: [{ kind: 'hang' }] } })
  const watcher = webpackWatch(project)
  await until(watcher, project, (pictures) => pictures.length === 1)
  await expect.poll(() => project.emulator.stats().inFlight, { timeout: 90_000 }).toBeGreaterThan(0)

  project.edit('src/one.image.yaml', 'alt:', 'atl:')
  await until(watcher, project, (_, stats) => {
    if (!stats.hasErrors()) return false
    const [error] = stats.compilation.errors
    expect(error?.message).toMatch(/src\/one\.image\.yaml:3:\d+ {2}.*`atl`/)
    return true
  })
  project.edit('src/one.image.yaml', 'atl:', 'alt:')
  await until(watcher, project, (pictures, stats) => !stats.hasErrors() && pictures.length === 1)

  project.edit('src/one.image.yaml', 'alt: A fox', 'alt: A fox, references: [./late.png]')
  await until(watcher, project, (_, stats) => stats.hasErrors())
  writeFileSync(project.path('src/late.png'), await png('#684'))
  await until(watcher, project, (_, stats) => !stats.hasErrors())

  writeFileSync(project.path('imagegen.config.ts'), 'export default { nonsense: true }')
  project.edit('src/main.js', 'globalThis.shown', 'globalThis.seen')
  failOn(await watcher.next())
})
