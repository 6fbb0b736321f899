import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { expectedErrors } from '../types/typescript.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { newerNode } from './newer-node.ts'
import { openPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { svelteErrorsIn } from './svelte-errors.ts'

const MISSPELT = `<script lang="ts">
  import { towers } from '#lib/pictures/tower.image.yaml' // TS2724
  import { stairs } from './pictures/tower.image.yaml'
  const width: 961 = stairs.width // TS2322
</script>

<img src={stairs.srk} {width} alt={towers.alt} /> <!-- // TS2339
-->
`

let browser: Browser
let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  const node = await newerNode()
  browser = await launchChromium()
  emulator = await startEmulator({ rpm: 0 })
  project = await installProject({ example: 'sveltekit', nodeFolder: node.folder })
  const { version } = JSON.parse(project.read('node_modules/@sveltejs/kit/package.json')) as {
    version: string
  }
  console.info(`SvelteKit ${version} on Node ${node.version}`)
})

afterAll(async () => {
  await browser?.close()
  await emulator?.close()
  await project?.remove()
})

const SHOWN = [
  { alt: "The tower with the town's only clock.", width: 960, height: 720 },
  { alt: 'The room at the end of the stairs.', width: 960, height: 720 },
]

function check(): ReturnType<InstalledProject['run']> {
  return project.run('svelte-check', ['--output', 'machine-verbose', '--threshold', 'error'])
}

describe('SvelteKit', () => {
  it('checks names and sizes once it is prepared, before any build', async () => {
    const sound = await check()
    expect(sound.code, sound.output).toBe(0)
    project.write('src/lib/Misspelt.svelte', MISSPELT)
    const { output } = await check()
    await project.run('rm', ['src/lib/Misspelt.svelte'])
    expect(svelteErrorsIn(output), output).toEqual(
      expectedErrors('src/lib/Misspelt.svelte', MISSPELT),
    )
  })

  it.each(['', '/town'])('shows every prerendered picture below the base “%s”', async (base) => {
    project.edit(
      'vite.config.ts',
      'adapter: adapter()',
      `adapter: adapter(), paths: { base: '${base}' }`,
    )
    onTestFinished(() =>
      project.edit(
        'vite.config.ts',
        `adapter: adapter(), paths: { base: '${base}' }`,
        'adapter: adapter()',
      ),
    )
    const { code, output } = await project.run('vite', ['build'], {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: emulator.url,
      IMAGEGEN_MODE: 'generate',
    })
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(2)
    const server = await project.serve('vite', (port) => [
      'preview',
      '--port',
      port,
      '--host',
      '127.0.0.1',
    ])
    onTestFinished(() => server.stop())
    const { page, complaints, keepScreenshot } = await openPage(browser, `${server.url}${base}/`)
    const shown = await naturalSizes(page)
    await keepScreenshot(`sveltekit${base.replace('/', '-')}`)
    await page.close()
    expect(shown).toMatchObject(SHOWN)
    for (const { url } of shown) expect(url).toContain(`${server.url}${base}/_app/`)
    expect(complaints).toEqual([])
  })

  it('leaves the renditions as they are, although enhancedImages() takes every picture', () => {
    const bytesIn = (folder: string): Map<string, Buffer> =>
      new Map(
        readdirSync(path.join(project.folder, folder))
          .filter((file) => /\.(?:avif|webp|jpg)$/.test(file))
          .map((file) => [
            file.split('.')[0] ?? '',
            readFileSync(path.join(project.folder, folder, file)),
          ]),
      )
    const renditions = bytesIn('node_modules/.cache/unplugin-imagegen/renditions')
    expect(renditions.size).toBe(12)
    expect(bytesIn('build/_app/immutable/assets')).toEqual(renditions)
  })

  it('shows stand-ins, then pictures, then those of an edited prompt, on one page', async () => {
    await project.run('rm', ['-rf', '.imagegen'])
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) =>
        project.serve(
          'vite',
          (port) => ['dev', '--port', port, '--host', '127.0.0.1'],
          environment,
        ),
      manifest: 'src/lib/pictures/tower.image.yaml',
      from: 'A library with tall windows in autumn',
      to: 'A library with tall windows in winter',
      alt: SHOWN[1]!.alt,
      name: 'sveltekit-dev',
      isRendered: true,
    })
    for (const stage of seen.stages) expect(stage).toMatchObject(SHOWN)
    expect(seen.asked).toBe(3)
    expect(seen.isSamePage).toBe(true)
    expect(seen.complaints).toEqual([])
  })
})
