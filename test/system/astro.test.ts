import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject, type Serving } from './installed-project.ts'
import { naturalSizes, type NaturalSize } from './natural-sizes.ts'
import { newerNode } from './newer-node.ts'
import { openPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'

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

const MISSPELT = `---
import { Image } from 'astro:assets'
import { greenhouse, orchart } from '../pictures/garden.image.yaml'
const width: 481 = greenhouse.width
---
<Image src={greenhouse} alt={orchart.alt} {width} />
`

let browser: Browser
let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  const node = await newerNode()
  const others = { '@astrojs/node': '^11.1.6' }
  browser = await launchChromium()
  emulator = await startEmulator({ rpm: 0 })
  project = await installProject({
    example: 'astro',
    nodeFolder: node.folder,
    dependencies: others,
    files: { 'astro.server.config.mjs': SERVER_CONFIG },
  })
  const { output } = await project.run('astro', ['--version'])
  console.info(`Astro ${output.trim()} on Node ${node.version}`)
})

afterAll(async () => {
  await browser?.close()
  await emulator?.close()
  await project?.remove()
})

function withPictures(): NodeJS.ProcessEnv {
  return {
    MINIMAX_API_KEY: 'any',
    MINIMAX_API_HOST: emulator.url,
    IMAGEGEN_MODE: 'generate',
  }
}

/** What a server shows at a path. */
async function shownBy(server: Serving, path: string, name: string): Promise<NaturalSize[]> {
  onTestFinished(() => server.stop())
  const { page, complaints, keepScreenshot } = await openPage(browser, `${server.url}${path}`)
  const sizes = await naturalSizes(page)
  await keepScreenshot(name)
  await page.close()
  expect(complaints).toEqual([])
  return sizes
}

/** By the manifest, by \`width\` and by \`widths\`, on a page of 640 pixels. */
const SHOWN = [
  { alt: 'The greenhouse opens its windows.', width: 960, height: 720 },
  { alt: 'The orchard in the first warm week.', width: 640, height: 480 },
  { alt: 'Leaves on the pond.', width: 640, height: 480 },
]

describe('Astro', () => {
  it('checks names and sizes before any build, and asks for nothing', async () => {
    const sound = await project.run('astro', ['check'], withPictures())
    expect(sound.code, sound.output).toBe(0)
    project.write('src/components/Misspelt.astro', MISSPELT)
    const { code, output } = await project.run('astro', ['check'], withPictures())
    project.write('src/components/Misspelt.astro', '')
    expect(code).toBe(1)
    expect(output.match(/ts\(\d+\)/g)?.toSorted(), output).toEqual(['ts(2322)', 'ts(2724)'])
    expect(output).toContain("Did you mean 'orchard'?")
    expect(emulator.stats().requests).toBe(0)
  })

  it('shows every picture of a static site', async () => {
    const { code, output } = await project.run('astro', ['build'], withPictures())
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(3)
    const server = await project.serve('astro', (port) => ['preview', '--port', port])
    expect(await shownBy(server, '/', 'astro-static')).toMatchObject(SHOWN)
  })

  it('shows every picture of a server, below its base path, and asks for none again', async () => {
    const options = ['build', '--config', 'astro.server.config.mjs']
    const { code, output } = await project.run('astro', options, withPictures())
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(3)
    const server = await project.serve('node', () => ['dist-server/server/entry.mjs'])
    expect(await shownBy(server, '/garden/', 'astro-server')).toMatchObject(SHOWN)
  })

  it('shows stand-ins, then pictures, then those of an edited prompt, on a page that it reloads', async () => {
    await project.run('rm', ['-rf', '.imagegen'])
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) =>
        project.serve(
          'astro',
          (port) => ['dev', '--port', port, '--host', '127.0.0.1'],
          environment,
        ),
      manifest: 'src/pictures/garden.image.yaml',
      from: 'An orchard on a hill in summer',
      to: 'An orchard by a lake in winter',
      alt: SHOWN[1]!.alt,
      name: 'astro-dev',
    })
    for (const stage of seen.stages) expect(stage).toMatchObject(SHOWN)
    expect(seen.asked).toBe(4)
    expect(seen.complaints).toEqual([])
    // Its pages are rendered on the server.
    expect(seen.isSamePage).toBe(false)
  })
})
