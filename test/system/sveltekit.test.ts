import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { expectedErrors } from '../types/typescript.ts'
import { accountAt } from './account.ts'
import { installExample, type InstalledExample } from './installed-example.ts'
import type { Ran } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { openPage, visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { NO_LOADS, seeRenames } from './seen-renames.ts'
import { addressIn, STUDIO } from './studio-dev-server.ts'
import { buttonOf, tileOf } from './studio-page.ts'
import { svelteErrorsIn } from './svelte-errors.ts'
import { AT_NIGHT, EXAMPLE_WINDOWS, expectWellShown, MEDIA } from './well-shown.ts'

const MISSPELT = `<script lang="ts">
  import { towers } from '#lib/pictures/tower.image.yaml' // TS2724
  import { stairs } from './pictures/tower.image.yaml'
  const width: 961 = stairs.width // TS2322
</script>

<img src={stairs.srk} {width} alt={towers.alt} /> <!-- // TS2339
-->
`

/** A page of its own, so that others stay as they are. */
const CAST_PAGE = `<script lang="ts">
  import { kira } from '../../lib/cast.image.yaml'
</script>

<img src={kira.src} alt={kira.alt} />
`

let example: InstalledExample

beforeAll(async () => {
  example = await installExample('sveltekit', {
    framework: '@sveltejs/kit',
    needsNewerNode: true,
  })
  const { project } = example
  const manifest = 'src/lib/pictures/tower.image.yaml'
  project.edit(manifest, 'seed: 3', `seed: 3\n    output: { ${MEDIA} }`)
  project.write(manifest, `${project.read(manifest)}${AT_NIGHT}`)
})
afterAll(() => example?.close())

const SHOWN = [
  { alt: "The tower with the town's only clock.", width: 960, height: 720 },
  { alt: 'The room at the end of the stairs.', width: 960, height: 720 },
]

/** Looks at the page of a server in all windows. */
async function expectTowerWellShown(url: string): Promise<void> {
  const tower = { alt: SHOWN[0]!.alt, hasMedia: true }
  await expectWellShown(example.browser, url, [tower], EXAMPLE_WINDOWS)
}

function check(): Promise<Ran> {
  return example.project.run('svelte-check', [
    '--output',
    'machine-verbose',
    '--threshold',
    'error',
  ])
}

describe('SvelteKit', () => {
  it('checks names and sizes once it is prepared, before any build', async () => {
    const { project } = example
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
    const { browser, emulator, project } = example
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
    await example.build('vite', ['build'])
    expect(emulator.stats().images).toBe(3)
    const server = await project.serveAt('vite', ['preview'])
    onTestFinished(() => server.stop())
    const name = `sveltekit${base.replace('/', '-')}`
    const shown = await visitPage(browser, `${server.url}${base}/`, name, naturalSizes)
    expect(shown).toMatchObject(SHOWN)
    for (const { url } of shown) expect(url).toContain(`${server.url}${base}/_app/`)
    await expectTowerWellShown(`${server.url}${base}/`)
  })

  it('leaves the renditions as they are, although enhancedImages() takes every picture', () => {
    const bytesIn = (folder: string): Map<string, Buffer> =>
      new Map(
        readdirSync(path.join(example.project.folder, folder))
          .filter((file) => /\.(?:avif|webp|jpg)$/.test(file))
          .map((file) => [
            file.split('.')[0] ?? '',
            readFileSync(path.join(example.project.folder, folder, file)),
          ]),
      )
    const renditions = bytesIn('node_modules/.cache/unplugin-imagegen/renditions')
    expect(renditions.size).toBe(22)
    expect(bytesIn('build/_app/immutable/assets')).toEqual(renditions)
  })

  it('shows placeholders, then pictures, then those of an edited prompt, on one page', async () => {
    const { browser, project } = example
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) => project.serveAt('vite', ['dev'], environment),
      manifest: 'src/lib/pictures/tower.image.yaml',
      from: 'A library with tall windows in autumn',
      to: 'A library with tall windows in winter',
      alt: SHOWN[1]!.alt,
      name: 'sveltekit-dev',
      isRendered: true,
      visit: expectTowerWellShown,
    })
    for (const stage of seen.stages) expect(stage).toMatchObject(SHOWN)
    expect(seen).toMatchObject({ asked: 4, isSamePage: true, complaints: [] })
  })

  it('offers the studio in its dev server, at an origin of its own, and shows what is written there', async () => {
    const { browser, emulator, project } = example
    const server = await project.serveAt('vite', ['dev'], accountAt(emulator.url))
    onTestFinished(() => server.stop())
    const address = await addressIn(server)
    expect(server.output().match(new RegExp(STUDIO, 'g'))).toHaveLength(1)
    expect(new URL(address.url).origin).not.toBe(new URL(server.url).origin)
    const { page, complaints } = await openPage(browser, `${server.url}/__imagegen/`)
    expect(page.url()).toBe(`${address.url}#token=${address.token}`)
    await tileOf(page, 'src/lib/pictures/tower.image.yaml#tower').click()
    await page.getByRole('radio', { name: '1, in use' }).waitFor({ state: 'attached' })
    await buttonOf(page, 'Edit').click()
    await page.getByLabel('Alt').fill('The clock')
    await buttonOf(page, 'Save').click()
    await expect
      .poll(() => project.read('src/lib/pictures/tower.image.yaml'))
      .toContain('alt: The clock')
    await expect.poll(async () => (await fetch(server.url)).text()).toContain('alt="The clock"')
    await buttonOf(page, 'Undo').click()
    await expect
      .poll(() => project.read('src/lib/pictures/tower.image.yaml'))
      .toContain(`alt: ${SHOWN[0]!.alt}`)
    await page.close()
    expect(complaints).toEqual([`${server.url}/__imagegen/: 302`])
  })

  it('refuses to publish a manifest of its static folder, before it requests anything', async () => {
    const { emulator, project } = example
    const { requests } = emulator.stats()
    project.write('static/art/one.image.yaml', 'prompt: One\nalt: ""\n')
    onTestFinished(() => rm(path.join(project.folder, 'static/art'), { recursive: true }))
    const { code, output } = await project.run('vite', ['build'], accountAt(emulator.url))
    expect(code).toBe(1)
    expect(output).toContain('The build would publish static/art/one.image.yaml with its prompts')
    expect(emulator.stats().requests).toBe(requests)
  })

  it('keeps its page while images are renamed, removed, added and brought back', async () => {
    const { browser, project } = example
    project.write('src/routes/cast/+page.svelte', CAST_PAGE)
    project.write('src/lib/cast.image.yaml', 'images:\n  kira: { prompt: Kira, alt: Kira }\n')
    const server = await project.serveAt('vite', ['dev'], { IMAGEGEN_MODE: 'placeholder' })
    onTestFinished(() => server.stop())
    const renames = await seeRenames({
      browser,
      project,
      url: `${server.url}/cast`,
      manifest: 'src/lib/cast.image.yaml',
      code: 'src/routes/cast/+page.svelte',
      image: 'kira',
      alt: 'Kira',
    })
    expect(renames).toEqual({ loads: NO_LOADS, loadsLater: NO_LOADS })
  })
})
