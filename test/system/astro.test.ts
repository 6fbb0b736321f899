import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { filesBelow } from '../bundlers/sandbox.ts'
import { startEmulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { expectUnassailable } from './attack-studio.ts'
import { installExample, type InstalledExample } from './installed-example.ts'
import type { Serving } from './installed-project.ts'
import { naturalSizes, type NaturalSize } from './natural-sizes.ts'
import { visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { addressIn } from './studio-dev-server.ts'
import { CAST, countLoads } from './counted-loads.ts'
import { AT_NIGHT, EXAMPLE_WINDOWS, expectWellShown, MEDIA } from './well-shown.ts'

/** Rendered on a server of its own, below a base path, with files on another path. */
const SERVER_CONFIG = `import node from '@astrojs/node'
import { defineConfig } from 'astro/config'
import imagegen from 'unplugin-imagegen/astro'

export default defineConfig({
  base: '/garden',
  output: 'server',
  outDir: './dist-server',
  adapter: node({ mode: 'standalone' }),
  integrations: [imagegen()],
})
`

/** Its dev server generates nothing before a person asks. */
const QUIET_CONFIG = `import { defineConfig } from 'astro/config'
import imagegen from 'unplugin-imagegen/astro'

export default defineConfig({ integrations: [imagegen({ dev: { generate: 'off' } })] })
`

const MISSPELT = `---
import { Image } from 'astro:assets'
import Picture from 'unplugin-imagegen/astro/Picture.astro'
import { greenhouse, orchart } from '../pictures/garden.image.yaml'
import { tree } from '../pictures/tree.image.yaml'
const width: 481 = greenhouse.width
---
<Image src={greenhouse} alt={orchart.alt} {width} />
<Picture image={greenhouse} sizes="50vw" class="wide" alt="" priority />
<Picture image={greenhouse.src} />
<Picture sizes="50vw" />
<Picture image={greenhouse} priority="yes" />
<Picture image={greenhouse} loading="later" />
<Picture image={greenhouse} data-n={1} aria-hidden="true" crossorigin="anonymous" priority={undefined} />
<Picture image={tree} sizes="50vw" data-narrow={tree.media[0].width satisfies 320} />
<source srcset={tree.media[2]} />
`

/** What its pictures show for other media is in the exact types, too. */
const DIRECTED = `images:
  tree:
    prompt: A tree
    alt: A tree
    output:
      media:
        - { media: "(max-width: 600px)", aspectRatio: 1:1, widths: [320] }
        - { media: print, image: "./garden.image.yaml#orchard" }
`

/** A page of its own, so that others stay as they are. */
const CAST_PAGE = `---
import cast from '../cast.image.yaml'
---
<html><body>{Object.values(cast).map(({ src, alt }) => <img src={src} alt={alt} />)}</body></html>
`

let example: InstalledExample

beforeAll(async () => {
  example = await installExample('astro', {
    framework: 'astro',
    needsNewerNode: true,
    dependencies: { '@astrojs/node': '^11.1.6' },
    files: { 'astro.server.config.mjs': SERVER_CONFIG, 'astro.quiet.config.mjs': QUIET_CONFIG },
  })
  const { project } = example
  const manifest = 'src/pictures/garden.image.yaml'
  project.edit(manifest, 'widths: [480, 960] }', `widths: [480, 960], ${MEDIA} }`)
  project.write(manifest, `${project.read(manifest)}${AT_NIGHT}`)
})
afterAll(() => example?.close())

/** What a server shows at a path. */
async function shownBy(server: Serving, path: string, name: string): Promise<NaturalSize[]> {
  onTestFinished(() => server.stop())
  return visitPage(example.browser, `${server.url}${path}`, name, naturalSizes)
}

/** By the manifest, by \`width\` and by \`widths\`, on a page of 640 pixels. */
const SHOWN = [
  { alt: 'The greenhouse opens its windows.', width: 960, height: 720 },
  { alt: 'The orchard in the first warm week.', width: 640, height: 480 },
  { alt: 'Leaves on the pond.', width: 640, height: 480 },
]

/** Looks at the page of a server in all windows. */
async function expectGardenWellShown(url: string): Promise<void> {
  const greenhouse = { alt: SHOWN[0]!.alt, hasMedia: true }
  await expectWellShown(example.browser, url, [greenhouse], EXAMPLE_WINDOWS)
}

describe('Astro', () => {
  it('checks names and sizes before any build, and requests nothing', async () => {
    const { emulator, project } = example
    const account = accountAt(emulator.url)
    const sound = await project.run('astro', ['check'], account)
    expect(sound.code, sound.output).toBe(0)
    project.write('src/components/Misspelt.astro', MISSPELT)
    project.write('src/pictures/tree.image.yaml', DIRECTED)
    const { code, output } = await project.run('astro', ['check'], account)
    await project.run('rm', ['src/components/Misspelt.astro', 'src/pictures/tree.image.yaml'])
    expect(code).toBe(1)
    expect(output.match(/ts\(\d+\)/g)?.toSorted(), output).toEqual([
      'ts(2322)',
      'ts(2322)',
      'ts(2322)',
      'ts(2322)',
      'ts(2322)',
      'ts(2493)',
      'ts(2724)',
    ])
    expect(output).toContain("Did you mean 'orchard'?")
    expect(emulator.stats().requests).toBe(0)
  })

  it('shows every picture of a static site', async () => {
    await example.build('astro', ['build'])
    expect(example.emulator.stats().images).toBe(4)
    const server = await example.project.serveAt('astro', ['preview'])
    expect(await shownBy(server, '/', 'astro-static')).toMatchObject(SHOWN)
    await expectGardenWellShown(server.url)
  })

  it('ships no original that only `<Image>` and `<Picture>` make sizes of', () => {
    const files = filesBelow(path.join(example.project.folder, 'dist'))
    const page = files.get('index.html')?.toString('utf8') ?? ''
    const pictures = [...files.keys()].filter((file) => /\.(?:avif|webp|jpe?g|png)$/.test(file))
    expect(pictures.length).toBeGreaterThan(3)
    expect(pictures.filter((file) => !page.includes(path.basename(file)))).toEqual([])
  })

  it('shows every picture of a server, below its base path, and requests none again', async () => {
    await example.build('astro', ['build', '--config', 'astro.server.config.mjs'])
    expect(example.emulator.stats().images).toBe(4)
    const server = await example.project.serve('node', () => ['dist-server/server/entry.mjs'])
    expect(await shownBy(server, '/garden/', 'astro-server')).toMatchObject(SHOWN)
  })

  it('shows placeholders, then pictures, then those of an edited prompt, on a page that it reloads', async () => {
    const { browser, project } = example
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) => project.serveAt('astro', ['dev'], environment),
      manifest: 'src/pictures/garden.image.yaml',
      from: 'An orchard on a hill in summer',
      to: 'An orchard by a lake in winter',
      alt: SHOWN[1]!.alt,
      name: 'astro-dev',
      visit: expectGardenWellShown,
    })
    for (const stage of seen.stages) expect(stage).toMatchObject(SHOWN)
    // Its pages are rendered on the server.
    expect(seen).toMatchObject({ asked: 5, isSamePage: false, complaints: [] })
    expect(seen.output.match(/Studio: http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{22,}/g)).toHaveLength(
      1,
    )
  })

  it('has a studio that no page and no socket learns, reads or spends anything of', async () => {
    const { browser, project } = example
    await project.run('rm', ['-rf', '.imagegen'])
    const emulator = await startEmulator({ rpm: 0 })
    onTestFinished(() => emulator.close())
    const server = await project.serveAt(
      'astro',
      ['dev', '--config', 'astro.quiet.config.mjs'],
      accountAt(emulator.url),
    )
    onTestFinished(() => server.stop())
    await expectUnassailable(browser, {
      studio: await addressIn(server),
      app: `${server.url}/`,
      door: `${server.url}/__imagegen/`,
      image: 'src/pictures/garden.image.yaml#greenhouse',
      emulator,
    })
  })

  it('refuses to publish a manifest of its public folder, before it requests anything', async () => {
    const { emulator, project } = example
    const { requests } = emulator.stats()
    project.write('public/art/one.image.yaml', 'prompt: One\nalt: ""\n')
    onTestFinished(() => rm(path.join(project.folder, 'public/art'), { recursive: true }))
    const { code, output } = await project.run('astro', ['build'], accountAt(emulator.url))
    expect(code).toBe(1)
    expect(output).toContain('The build would publish public/art/one.image.yaml with its prompts')
    expect(emulator.stats().requests).toBe(requests)
  })

  it('loads its page twice at most for an edit of three images', async () => {
    const { browser, project } = example
    project.write('src/pages/cast.astro', CAST_PAGE)
    project.write('src/cast.image.yaml', CAST)
    const seen = await countLoads({
      browser,
      project,
      serve: (environment) => project.serveAt('astro', ['dev'], environment),
      page: '/cast',
      manifest: 'src/cast.image.yaml',
    })
    expect(seen.loads).toBeLessThanOrEqual(2)
    // Beside what the other pages show and is not made yet.
    expect(seen.asked).toBeGreaterThanOrEqual(6)
  })
})
