import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { errorsIn, expectedErrors } from '../types/typescript.ts'
import { startEmulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { expectUnassailable } from './attack-studio.ts'
import { startGate } from './gate.ts'
import { installExample, type InstalledExample } from './installed-example.ts'
import { naturalSizes } from './natural-sizes.ts'
import { openPage, visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { addressIn } from './studio-dev-server.ts'
import { NO_LOADS, seeRenames } from './seen-renames.ts'
import { AT_NIGHT, EXAMPLE_WINDOWS, expectWellShown, MEDIA } from './well-shown.ts'

const MISSPELT = `import { harbor } from './pictures/ferry.image.yaml' // TS2724
import { crossing } from '~/pictures/ferry.image.yaml'
export const width: 961 = crossing.width // TS2322
export { harbor }
`

/** A page of its own, so that others stay as they are. */
const CAST_PAGE = `<script setup lang="ts">
import { kira } from './cast.image.yaml'
</script>

<template>
  <img :src="kira.src" :alt="kira.alt" />
</template>
`

let example: InstalledExample

beforeAll(async () => {
  example = await installExample('nuxt', { framework: 'nuxt', needsNewerNode: true })
  const { project } = example
  const manifest = 'app/pictures/ferry.image.yaml'
  project.edit(manifest, 'seed: 3', `seed: 3\n    output: { ${MEDIA} }`)
  project.write(manifest, `${project.read(manifest)}${AT_NIGHT}`)
})
afterAll(() => example?.close())

const HARBOUR = { alt: 'The harbour before the last ferry.', width: 960, height: 720 }
const CROSSING = { alt: 'The crossing by night.', width: 960, height: 720 }

/** Looks at the page of a server in all windows. */
async function expectHarbourWellShown(url: string): Promise<void> {
  const harbour = { alt: HARBOUR.alt, hasMedia: true }
  await expectWellShown(example.browser, url, [harbour], EXAMPLE_WINDOWS)
}

/** Nothing is generated before a person asks. */
const QUIET = "imagegen: { dev: { generate: 'off' } },"

/** Printed once, although Nuxt runs two dev servers. */
const STUDIO = /Studio: http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{22,}/g

describe('Nuxt', () => {
  it('checks names and sizes once it is prepared, before any build', async () => {
    const { project } = example
    const sound = await project.run('nuxt', ['typecheck'])
    expect(sound.code, sound.output).toBe(0)
    project.write('app/misspelt.ts', MISSPELT)
    const { output } = await project.run('nuxt', ['typecheck'])
    await project.run('rm', ['app/misspelt.ts'])
    expect(errorsIn(output), output).toEqual(expectedErrors('app/misspelt.ts', MISSPELT))
  })

  it('says what is wrong with its options, without a stack', async () => {
    const { project } = example
    project.edit('nuxt.config.ts', 'modules:', 'imagegen: { bugdet: {} },\n  modules:')
    const { code, output } = await project.run('nuxt', ['build'])
    project.edit('nuxt.config.ts', 'imagegen: { bugdet: {} },\n  modules:', 'modules:')
    expect(code).toBe(1)
    expect(output).toContain('Did you mean `budget`?')
    expect(output).not.toMatch(/^ +at .*unplugin-imagegen/m)
  })

  it.each([
    { path: '/', name: 'nuxt', environment: {} },
    { path: '/sea/', name: 'nuxt-base', environment: { NUXT_APP_BASE_URL: '/sea/' } },
  ])('shows every picture below $path, of the server and of the browser', async (where) => {
    const { browser, emulator, project } = example
    await example.build('nuxt', ['build'], where.environment)
    expect(emulator.stats().images).toBe(3)
    const server = await project.serve(
      'node',
      () => ['.output/server/index.mjs'],
      where.environment,
    )
    onTestFinished(() => server.stop())
    await visitPage(browser, server.url + where.path, where.name, async (page) => {
      const rendered = await naturalSizes(page)
      expect(rendered).toMatchObject([HARBOUR])
      expect(rendered[0]?.url).toContain(`${server.url}${where.path}_nuxt/`)
      await page.getByRole('button').click()
      await expect.poll(() => naturalSizes(page)).toMatchObject([HARBOUR, CROSSING])
    })
    await expectHarbourWellShown(server.url + where.path)
  })

  it('shows placeholders, then pictures, then those of an edited prompt, on one page', async () => {
    const { browser, project } = example
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) => project.serveAt('nuxt', ['dev'], environment),
      manifest: 'app/pictures/ferry.image.yaml',
      from: 'A small harbour at dusk',
      to: 'A large harbour at noon',
      alt: HARBOUR.alt,
      name: 'nuxt-dev',
      isRendered: true,
      visit: expectHarbourWellShown,
    })
    for (const stage of seen.stages) expect(stage).toMatchObject([HARBOUR])
    expect(seen).toMatchObject({ asked: 4, isSamePage: true, complaints: [] })
    expect(seen.output).toContain('[imagegen] harbour: in the store.')
    expect(seen.output).not.toMatch(/ERROR|\[error\]/)
    expect(seen.output.match(STUDIO)).toHaveLength(1)
  })

  it('says on the server what it says in the browser of a picture that the provider refuses', async () => {
    const { browser, project } = example
    await project.run('rm', ['-rf', '.imagegen'])
    const emulator = await startEmulator({
      rpm: 0,
      faults: [{ kind: 'status', code: 1026, match: 'harbour' }],
    })
    onTestFinished(() => emulator.close())
    const gate = await startGate(emulator.url)
    onTestFinished(() => gate.close())
    const server = await project.serveAt('nuxt', ['dev'], accountAt(gate.url))
    onTestFinished(() => server.stop())
    const { page, complaints } = await openPage(browser, server.url)
    const shown = async (): Promise<string> => {
      const [image] = await naturalSizes(page)
      return path.posix.basename(new URL(image?.url ?? server.url).pathname)
    }
    // Until then the page goes on with what the server has rendered.
    await page.waitForLoadState('networkidle')
    const before = await shown()
    gate.open()
    await expect.poll(shown).not.toBe(before)
    await expect.poll(async () => (await fetch(server.url)).text()).toContain(await shown())
    await page.reload()
    expect((await naturalSizes(page))[0]?.url).toContain(await shown())
    expect(complaints).toEqual([])
    await page.close()
  })

  it('has a studio that no page and no socket learns, reads or spends anything of', async () => {
    const { browser, project } = example
    await project.run('rm', ['-rf', '.imagegen'])
    const emulator = await startEmulator({ rpm: 0 })
    onTestFinished(() => emulator.close())
    project.edit('nuxt.config.ts', 'modules:', `${QUIET}\n  modules:`)
    onTestFinished(() => project.edit('nuxt.config.ts', `${QUIET}\n  modules:`, 'modules:'))
    const server = await project.serveAt('nuxt', ['dev'], accountAt(emulator.url))
    onTestFinished(() => server.stop())
    await expectUnassailable(browser, {
      studio: await addressIn(server),
      app: `${server.url}/`,
      door: `${server.url}/_nuxt/__imagegen/`,
      image: 'app/pictures/ferry.image.yaml#harbour',
      emulator,
    })
  })

  it('refuses to publish a manifest of its public folder, before it requests anything', async () => {
    const { emulator, project } = example
    const { requests } = emulator.stats()
    project.write('public/art/one.image.yaml', 'prompt: One\nalt: ""\n')
    onTestFinished(() => rm(path.join(project.folder, 'public/art'), { recursive: true }))
    const { code, output } = await project.run('nuxt', ['build'], accountAt(emulator.url))
    expect(code).toBe(1)
    expect(output).toContain('The build would publish public/art/one.image.yaml with its prompts')
    expect(output).not.toMatch(/^ +at .*unplugin-imagegen/m)
    expect(emulator.stats().requests).toBe(requests)
  })

  it('keeps its page while images are renamed, removed, added and brought back', async () => {
    const { browser, project } = example
    project.write('app/app.vue', CAST_PAGE)
    project.write('app/cast.image.yaml', 'images:\n  kira: { prompt: Kira, alt: Kira }\n')
    const server = await project.serveAt('nuxt', ['dev'], { IMAGEGEN_MODE: 'placeholder' })
    onTestFinished(() => server.stop())
    const renames = await seeRenames({
      browser,
      project,
      url: server.url,
      manifest: 'app/cast.image.yaml',
      code: 'app/app.vue',
      image: 'kira',
      alt: 'Kira',
    })
    expect(renames).toEqual({ loads: NO_LOADS, loadsLater: NO_LOADS })
  })
})
