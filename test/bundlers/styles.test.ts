import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { connectHmr } from './hmr-client.ts'
import { buildWith } from './hosts/host.ts'
import { vite8 } from './hosts/vite.ts'
import { rspack, webpack } from './hosts/webpack.ts'
import { sandbox } from './sandbox.ts'
import {
  expectCacheToSeeStyles,
  expectNoImportOfStyles,
  expectStylesToBeWatched,
  STYLED,
  styledStore,
} from './styles.ts'
import { viteDev } from './vite-dev.ts'

let filled: Awaited<ReturnType<typeof styledStore>>
let store: string

beforeAll(async () => {
  filled = await styledStore()
  store = filled.store
})
afterAll(() => filled.dispose())

test.each([webpack, rspack])('$name with a warm cache sees an edited style', (host) =>
  expectCacheToSeeStyles(host, store),
)

test.each([webpack, rspack])('$name watches the styles of what it builds', (host) =>
  expectStylesToBeWatched(host, store),
)

test.each([vite8, webpack])('$name refuses code that imports a style', (host) =>
  expectNoImportOfStyles(host, store),
)

test("Vite's page follows an edited style, a broken one and one that comes later", async () => {
  listenToConsole()
  const project = await sandbox({
    store,
    files: {
      ...STYLED,
      'src/main.js': `${STYLED['src/main.js']}\nif (import.meta.hot) import.meta.hot.accept()`,
    },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const first = await dev.visit()
  const alt = async (): Promise<string> => [...(await dev.visit()).modules.values()].join()

  project.edit('styles/base.image.yaml', 'widths: [32]', 'widths: [48]')
  await hmr.until(async () => (await dev.visit()).pictures.join() !== first.pictures.join())
  project.edit('styles/snow.yaml', 'vars:', 'vasr:')
  const fault =
    /styles\/snow\.yaml:2:1 {2}Unknown field[^]*through `extends` in src\/one\.image\.yaml:1:10/
  await expect.poll(() => alt().catch(String)).toMatch(fault)
  project.write('styles/snow.yaml', 'extends: ./later.yaml\nvars: { look: in the snow }\n')
  await expect.poll(() => alt().catch(String)).toMatch(/later\.yaml`: There is no such file/)
  project.write('styles/later.yaml', 'extends: ./base.image.yaml\n')
  await expect.poll(() => alt().catch(String)).toMatch(/"A fox"/)
  expect(project.asked()).toBe(0)
})

test('a style with any name among the public files fails a build', async () => {
  listenToConsole()
  const project = await sandbox({
    store,
    files: {
      ...STYLED,
      'public/snow.yaml': STYLED['styles/snow.yaml'].replace('./base', '../styles/base'),
      'public/data.yaml': 'greeting: hello\n',
      'src/one.image.yaml': STYLED['src/one.image.yaml'].replace('styles', 'public'),
    },
  })
  await expect(buildWith(vite8, project)).rejects.toThrow(/publish public\/snow\.yaml/)
  expect(project.asked()).toBe(0)
})

test('a style with any name is not published', async () => {
  listenToConsole()
  const project = await sandbox({
    store,
    files: {
      ...STYLED,
      'src/main.js': `import './one.image.yaml'\nglobalThis.shown = new URL('../styles/snow.yaml', import.meta.url).href`,
    },
  })
  await expect(buildWith(webpack, project)).rejects.toThrow(
    /The build would publish styles\/snow\.yaml with its prompts/,
  )
})
