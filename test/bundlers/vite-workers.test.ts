import { createContext, runInContext } from 'node:vm'
import { build, type Plugin } from 'vite'
import { build as build6 } from 'vite-6'
import { build as build7 } from 'vite-7'
import { expect, it } from 'vitest'
import type { Options } from '../../src/options/options.ts'
import imagegen from '../../src/vite.ts'
import { listenToConsole } from './console.ts'
import { filesBelow, picturesBelow, sandbox, type Sandbox } from './sandbox.ts'

/** Every version has types of its own; what is built is what they agree on. */
type Build = (config: object) => Promise<unknown>

const VERSIONS: Array<[string, Build]> = [
  ['Vite 6', build6],
  ['Vite 7', build7],
  ['Vite 8', build],
]

const FILES = {
  'src/main.js': `
    import { kiraAtNight } from './cast.image.yaml'
    new Worker(new URL('./first.js', import.meta.url), { type: 'module' })
    new Worker(new URL('./second.js', import.meta.url), { type: 'module' })
    document.title = kiraAtNight.src
  `,
  'src/first.js': "import { kira } from './cast.image.yaml'\npostMessage([kira.src, kira.srcset])",
  'src/second.js': "import hero from './hero.image.yaml'\npostMessage([hero.src, hero.srcset])",
}

interface Settings {
  readonly plugins: (options: Options) => readonly Plugin[]
  readonly worker?: (plugins: readonly Plugin[], options: Options) => object
  readonly base?: string
}

/** Where plugins may stand. */
const PLACES: Array<[string, Settings]> = [
  ['no worker.plugins', { plugins: (options) => [imagegen(options)] }],
  [
    'relative base, ES modules',
    { plugins: (options) => [imagegen(options)], worker: () => ({ format: 'es' }), base: './' },
  ],
  [
    'its own in worker.plugins',
    {
      plugins: (options) => [imagegen(options)],
      worker: (_, options) => ({ plugins: () => [[Promise.resolve(imagegen(options))], null] }),
    },
  ],
  [
    'the same in worker.plugins',
    {
      plugins: (options) => [imagegen(options)],
      worker: (plugins) => ({ plugins: () => [...plugins, { name: 'another' }] }),
    },
  ],
  [
    'two for different manifests',
    {
      plugins: (options) => [
        imagegen({ ...options, include: ['src/hero.image.yaml'] }),
        imagegen({ ...options, include: ['src/cast.image.yaml'] }),
      ],
    },
  ],
  [
    'only in worker.plugins',
    {
      plugins: () => [],
      worker: (_, options) => ({ plugins: () => [imagegen(options)] }),
    },
  ],
]

/** The newest resolves `worker.plugins` as the one before it does. */
const CASES = VERSIONS.flatMap(([version, run]) =>
  PLACES.slice(0, version === 'Vite 7' ? 1 : undefined).map(([place, settings]) => ({
    version,
    run,
    place,
    settings,
  })),
)

it.each(CASES)('$version shows pictures in workers: $place', async ({ run, place, settings }) => {
  const { plugins, worker, base = '/' } = settings
  const isPageWithout = place.includes('only')
  const project = await sandbox({ files: FILES })
  if (isPageWithout)
    project.edit('src/main.js', "import { kiraAtNight } from './cast.image.yaml'", '')
  if (isPageWithout) project.edit('src/main.js', 'kiraAtNight.src', "''")
  const said = listenToConsole()
  const own = plugins(project.options)
  await run({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    base,
    plugins: own,
    worker: worker?.(own, project.options) ?? {},
  })
  // Each picture is asked for once, and each thing is said once.
  expect(project.asked()).toBe(7)
  if (own.length === 1) expect(new Set(said).size).toBe(said.length)
  for (const name of ['first', 'second']) {
    const urls = messageOf(project, name).flatMap((text) => text.split(/ \d+w(?:, |$)/))
    expect(urls.filter((url) => url !== '').length).toBeGreaterThan(1)
    for (const url of urls.filter((one) => one !== '')) {
      expect(picturesBelow(project.path('dist')).map((file) => `/${file}`)).toContain(url)
    }
  }
  const names = picturesBelow(project.path('dist')).map((file) =>
    file.replace(/-[0-9a-f]{16}.*$/, ''),
  )
  const used = ['assets/hero', 'assets/kira', ...(isPageWithout ? [] : ['assets/kira-at-night'])]
  expect([...new Set(names)].toSorted()).toEqual(used)
})

/** What a built worker posts, run as a browser would below `http://site.test/`. */
function messageOf(project: Sandbox, name: string): string[] {
  const built = [...filesBelow(project.path('dist'))].find(([file]) =>
    new RegExp(`^assets/${name}-[^/]+\\.js$`).test(file),
  )
  const url = `http://site.test/${built![0]}`
  let posted: string[] = []
  const self = { location: { href: url } }
  const context = createContext({
    self,
    location: self.location,
    URL,
    postMessage: (data: string[]) => (posted = data),
  })
  const code = built![1].toString('utf8').replaceAll('import.meta.url', JSON.stringify(url))
  runInContext(code, context)
  return posted.map((text) => text.replaceAll('http://site.test', ''))
}
