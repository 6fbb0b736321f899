import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listenToConsole } from '../bundlers/console.ts'
import { expectPictures } from '../bundlers/expect-pictures.ts'
import type { GeneratedImage } from '../bundlers/generated-image.ts'
import { HOSTS } from '../bundlers/hosts/all.ts'
import {
  buildWith,
  builtIn,
  settingsFor,
  TRAITS,
  type Base,
  type Built,
  type Host,
  type HostCache,
  type HostSettings,
  type Trait,
} from '../bundlers/hosts/host.ts'
import { openSandbox, picturesBelow, png, sandbox, type Sandbox } from '../bundlers/sandbox.ts'
import { markdownOf, tableOf } from '../bundlers/table.ts'
import { installed, type InstalledPackages } from './installed.ts'

let filled: Awaited<ReturnType<typeof openSandbox>>
let store: string
let packages: InstalledPackages

beforeAll(async () => {
  packages = installed({
    '@rollup/plugin-yaml': '^5.0.0',
    '@modyfi/vite-plugin-yaml': '^1.1.1',
    'esbuild-plugin-yaml': '^0.0.1',
    'yaml-loader': '^0.9.0',
  })
  filled = await openSandbox()
  await buildWith(HOSTS[0]!, filled)
  store = filled.path('.imagegen')
})
afterAll(async () => {
  packages?.remove()
  await filled?.dispose()
})

/** What the table says was seen to be so. */
const shown = new Map<string, Set<Trait>>()

describe.each(HOSTS.map((host) => ({ name: host.name, host })))('$name', ({ name, host }) => {
  test.each(TRAITS.filter((trait) => host.says[trait] !== '—'))('%s', async (trait) => {
    await CHECKS[trait](host)
    shown.set(name, (shown.get(name) ?? new Set()).add(trait))
  })
})

test('every cell of the table was seen', () => {
  for (const { name, says } of HOSTS) {
    const said = TRAITS.filter((trait) => says[trait] !== '—')
    expect([...(shown.get(name) ?? [])], name).toEqual(said)
  }
  console.log(markdownOf(tableOf(HOSTS)))
})

const CHECKS: Readonly<Record<Trait, (host: Host) => Promise<void>>> = {
  'base path, CDN': async (host) => {
    const project = await sandbox({ store })
    for (const base of ['/sub/', 'https://cdn.example/x/'] as const)
      await checkBase(host, project, base)
  },

  async 'relative URLs'(host) {
    await checkBase(host, await sandbox({ store }), 'relative')
  },

  watching: checkWatching,

  'cache across builds': checkCache,

  'a YAML plugin beside it': checkYaml,
}

async function picturesOf(built: Built): Promise<Record<string, GeneratedImage>> {
  return (await built.values())['pictures'] as Record<string, GeneratedImage>
}

async function checkBase(host: Host, project: Sandbox, base: Base): Promise<void> {
  const client = await buildWith(host, project, { base })
  const pictures = await picturesOf(client)
  await expectPictures(client, Object.values(pictures))
  const server = await buildWith(host, project, { base, target: 'server', out: 'server' })
  const onServer = await picturesOf(server)
  for (const [name, { src }] of Object.entries(pictures)) {
    const other = onServer[name]!.src
    if (base !== 'relative') expect(other).toBe(src)
    // Of URLs that start from the code, a server knows the name.
    else expect(path.posix.basename(other)).toBe(path.posix.basename(src))
  }
  expect(project.asked()).toBe(0)
}

function areThere(built: Built, pictures: Record<string, GeneratedImage>): boolean {
  return Object.values(pictures).every(({ src }) => existsSync(built.fileOf(src)))
}

async function checkWatching(host: Host): Promise<void> {
  listenToConsole()
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import { kira, fromPhoto } from './cast.image.yaml'
        export const pictures = { kira, fromPhoto }
      `,
    },
  })
  const settings: HostSettings = settingsFor()
  const built = builtIn(project, settings)
  // A watcher that begins with what is broken.
  project.edit('src/cast.image.yaml', 'alt: Kira smiling', 'atl: Kira smiling')
  const watching = await host.watch(project, settings)
  onTestFinished(() => watching.close())
  let builds = 0
  let problem: Error | undefined
  const follow = async (): Promise<void> => {
    problem = await watching.next()
    builds++
    return follow()
  }
  void follow()

  /** Until this is so. Some watchers miss what is written in the moment in which they begin to look. */
  const eventually = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const since = builds
    const look = (): boolean | Promise<boolean> => {
      if (builds > since) return isSo()
      for (const file of ['src/main.js', 'src/cast.image.yaml'])
        project.write(file, project.read(file))
      return false
    }
    await expect.poll(look, { timeout: 90_000, interval: 200 }).toBe(true)
  }
  /** Until a build holds what is wanted, and leaves every file that it names. */
  const until = async (
    holds: (pictures: Record<string, GeneratedImage>) => boolean,
  ): Promise<Record<string, GeneratedImage>> => {
    let pictures: Record<string, GeneratedImage> | undefined
    await eventually(async () => {
      if (problem !== undefined) return false
      // The next build may be emptying the folder already.
      pictures = await picturesOf(built).catch(() => undefined)
      return pictures !== undefined && areThere(built, pictures) && holds(pictures)
    })
    return pictures!
  }

  await eventually(() => /src\/cast\.image\.yaml:8:5 {2}.*`atl`/.test(problem?.message ?? ''))
  project.edit('src/cast.image.yaml', 'atl: Kira smiling', 'alt: Kira smiling')
  const first = await until(() => true)
  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [48]')
  const resized = await until(({ kira }) => kira?.width === 48)
  expect(project.asked()).toBe(0)

  // A picture that an entry refers to: asked for once, and where the host may not wait, a stand-in comes first.
  project.write('src/face.png', await png('#468'))
  const isNew = ({ fromPhoto }: Record<string, GeneratedImage>): boolean =>
    fromPhoto?.src !== resized['fromPhoto']!.src
  let later = await until(isNew)
  if (host.says.watching.startsWith('placeholders first')) {
    const standIn = later['fromPhoto']!
    expect(project.asked()).toBe(0)
    later = await until(({ fromPhoto }) => fromPhoto?.src !== standIn.src)
    expect([later['fromPhoto']!.width, later['fromPhoto']!.height]).toEqual([
      standIn.width,
      standIn.height,
    ])
  }
  expect(later['kira']!.src).toBe(resized['kira']!.src)
  expect(project.asked()).toBe(1)

  project.edit('src/cast.image.yaml', 'seed:', 'sede:')
  await eventually(() => /src\/cast\.image\.yaml:9:5 {2}.*`sede`/.test(problem?.message ?? ''))
  project.edit('src/cast.image.yaml', 'sede:', 'seed:')
  await until(({ kira }) => kira?.src === resized['kira']!.src)

  // An image that was not there before, and one that goes.
  project.edit(
    'src/cast.image.yaml',
    '  from-photo:',
    '  fox: { source: ./face.png, alt: A fox }\n  from-photo:',
  )
  project.edit('src/main.js', 'kira, fromPhoto }\n', 'fox as kira, fromPhoto }\n')
  project.edit('src/main.js', '{ kira, fromPhoto } from', '{ fox, fromPhoto } from')
  project.edit('src/main.js', 'fox as kira', 'kira: fox')
  await until(({ kira }) => kira?.alt === 'A fox')
  expect(project.asked()).toBe(0)
  expect(first['kira']!.width).toBe(128)
}

async function checkCache(host: Host): Promise<void> {
  const cache: HostCache = {}
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import { kira, fromPhoto } from './cast.image.yaml'
        import hand from './hand.image.yaml'
        export const pictures = { kira, fromPhoto, hand }
      `,
      'src/hand.image.yaml': 'source: ./hand.png\nalt: A hand\noutput: { widths: [20] }',
    },
  })
  project.write('src/hand.png', await png('#123'))
  const build = async (): Promise<Record<string, GeneratedImage>> => {
    const built = await buildWith(host, project, { cache })
    const pictures = await picturesOf(built)
    await expectPictures(built, Object.values(pictures))
    return pictures
  }
  let earlier = await build()
  expect(await build()).toEqual(earlier)
  expect(project.asked()).toBe(0)

  const changes: ReadonlyArray<{
    readonly what: string
    readonly change: () => void | Promise<void>
    readonly requests?: number
    readonly isSame?: boolean
  }> = [
    {
      what: 'output',
      change: () => project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [40]'),
    },
    {
      what: 'alt',
      change: () => project.edit('src/cast.image.yaml', 'Kira smiling at', 'Kira laughs into'),
    },
    {
      what: 'prompt',
      // Of Kira, and of the one that refers to her.
      requests: 2,
      change: () => project.edit('src/cast.image.yaml', 'a young', 'an old'),
    },
    {
      what: 'the bytes of a reference',
      requests: 1,
      change: async () => project.write('src/face.png', await png('#468')),
    },
    {
      what: 'the bytes of a source',
      change: async () => project.write('src/hand.png', await png('#891')),
    },
    {
      what: 'the configuration',
      change: () => project.write('imagegen.config.mjs', 'export default { provenance: false }'),
    },
    {
      what: 'nothing but the cache of renditions',
      isSame: true,
      change: () => rmSync(project.path('node_modules/.cache'), { recursive: true }),
    },
    {
      what: 'nothing but one rendition, and the output',
      isSame: true,
      change() {
        const folder = project.path('node_modules/.cache/unplugin-imagegen/renditions')
        for (const file of picturesBelow(folder)) rmSync(path.join(folder, file))
        rmSync(project.path('dist'), { recursive: true })
      },
    },
  ]
  for (const { what, change, requests = 0, isSame = false } of changes) {
    await change()
    const pictures = await build()
    expect(project.asked(), what).toBe(requests)
    if (isSame) expect(pictures, what).toEqual(earlier)
    else expect(pictures, what).not.toEqual(earlier)
    expect(await build(), `${what}, built again`).toEqual(pictures)
    earlier = pictures
  }
}

async function checkYaml(host: Host): Promise<void> {
  const project = await sandbox({
    store,
    files: {
      'src/data.yaml': 'greeting: hello',
      'src/main.js': `
        import data from './data.yaml'
        import { kira } from './cast.image.yaml'
        import hero from './hero.image.yaml'
        export const pictures = { kira, hero }
        export { data }
      `,
    },
  })
  const check = async (own: Partial<HostSettings>): Promise<void> => {
    const built = await buildWith(host, project, own)
    expect((await built.values())['data']).toEqual({ greeting: 'hello' })
    await expectPictures(built, Object.values(await picturesOf(built)))
  }
  const plugin = (name: string): unknown => (packages.load(name) as () => unknown)()
  switch (host.name) {
    case 'webpack 5':
    case 'Rspack 2': {
      const rule = { test: /\.ya?ml$/, use: packages.resolve('yaml-loader') }
      await expect(buildWith(host, project, { before: [withRule(rule)] })).rejects.toThrow(
        /rule in your configuration also matches cast\.image\.yaml.*yaml-loader[^]*exclude: \/\\\.image/,
      )
      const typed = { test: /\.ya?ml$/, type: 'asset/source' }
      await expect(buildWith(host, project, { after: [withRule(typed)] })).rejects.toThrow(
        /also matches cast\.image\.yaml.*type 'asset\/source'/,
      )
      const exclude = /\.image\.ya?ml$/
      await check({ before: [withRule({ ...rule, exclude })] })
      return check({ after: [withRule({ ...rule, exclude })] })
    }
    case 'esbuild':
      return check({ after: [(packages.load('esbuild-plugin-yaml') as YamlPlugin).yamlPlugin({})] })
    case 'Rollup 4':
    case 'Rolldown 1': {
      // Rolldown parses YAML as JavaScript unless somebody says what came of it.
      const yaml = plugin('@rollup/plugin-yaml')
      await check({ before: [yaml] })
      return check({ after: [yaml] })
    }
    default:
      for (const name of ['@rollup/plugin-yaml', '@modyfi/vite-plugin-yaml']) {
        await check({ before: [plugin(name)] })
        await check({ after: [plugin(name)] })
      }
  }
}

interface YamlPlugin {
  yamlPlugin(options: object): unknown
}

function withRule(rule: object): object {
  return {
    apply: ({ options }: { options: { module: { rules: object[] } } }) =>
      void options.module.rules.push(rule),
  }
}
