import { expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { connectHmr } from './hmr-client.ts'
import { sandbox } from './sandbox.ts'
import { viteDev } from './vite-dev.ts'
import { failOn, webpackWatch } from './webpack.ts'

const POLL = { timeout: 90_000, interval: 20 }

/** Three images on a page that takes no updates. */
const FILES = {
  'src/cast.image.yaml': [
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
    'vars: { season: spring }',
    'images:',
    ...['one', 'two', 'three'].map(
      (name) => `  ${name}: { prompt: "${name} in \${season}", alt: ${name} }`,
    ),
  ].join('\n'),
  'src/main.js': `import cast from './cast.image.yaml'\nglobalThis.shown = cast\n`,
}

test('webpack: three pictures of one run update the page once', async () => {
  const said = listenToConsole()
  const project = await sandbox({
    files: FILES,
    emulator: {
      faults: [
        { kind: 'delay', milliseconds: 300, match: 'two in' },
        { kind: 'delay', milliseconds: 600, match: 'three in' },
      ],
    },
  })
  const watcher = webpackWatch(project)
  let shown: readonly string[] = []
  /** What the page shows next that is another. */
  const built = async (): Promise<readonly string[]> => {
    const before = shown.join()
    while (shown.join() === before) {
      failOn(await watcher.next())
      shown = [...new Set(project.read('dist/main.js').match(/[0-9a-f]{20}\.jpg/g))].sort()
    }
    return shown
  }
  const standIns = await built()
  expect(standIns).toHaveLength(3)
  const first = await built()
  expect(first.filter((picture) => standIns.includes(picture))).toEqual([])

  project.edit('src/cast.image.yaml', 'season: spring', 'season: autumn')
  const meanwhile = await built()
  const second = await built()
  const earlier = new Set([...standIns, ...first, ...meanwhile])
  expect(second.filter((picture) => earlier.has(picture))).toEqual([])
  expect(said.filter((line) => line.includes('in the store'))).toHaveLength(7)
})

test("changes in the store's folders do not reload a page that has an unresolved import", async () => {
  const said = listenToConsole()
  const project = await sandbox({
    files: {
      ...FILES,
      'src/main.js': `import cast from './cast.image.yaml'\nimport './later.js'\nglobalThis.shown = cast\n`,
    },
  })
  const dev = await viteDev(project, { server: { watch: { ignored: '**/users/**' } } })
  const heard: string[] = []
  dev.server.watcher.on('all', (_, file) => heard.push(file))
  const hmr = await connectHmr(dev.server)
  expect(await dev.visit().catch(String)).toContain('later.js')
  await expect.poll(() => said.filter((line) => line.includes('in the store')).length, POLL).toBe(4)
  project.write('users/one.txt', 'x')
  project.write('src/later.js', '')
  await hmr.next('full-reload', 'update')
  await expect.poll(() => heard.join(), POLL).toContain('later.js')
  expect(heard.filter((file) => /locks|pending|\.tmp|users|types/.test(file))).toEqual([])
  const later = heard.findIndex((file) => file.endsWith('later.js'))
  expect(heard.slice(0, later).some((file) => file.endsWith('.json'))).toBe(true)
  expect(hmr.left.filter(({ type }) => type === 'full-reload')).toEqual([])
})
