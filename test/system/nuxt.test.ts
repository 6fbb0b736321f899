import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { errorsIn, expectedErrors } from '../types/typescript.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { newerNode } from './newer-node.ts'
import { openPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'

const MISSPELT = `import { harbor } from './pictures/ferry.image.yaml' // TS2724
import { crossing } from '~/pictures/ferry.image.yaml'
export const width: 961 = crossing.width // TS2322
export { harbor }
`

let browser: Browser
let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  const node = await newerNode()
  browser = await launchChromium()
  emulator = await startEmulator({ rpm: 0 })
  project = await installProject({ example: 'nuxt', nodeFolder: node.folder })
  const { version } = JSON.parse(project.read('node_modules/nuxt/package.json')) as {
    version: string
  }
  console.info(`Nuxt ${version} on Node ${node.version}`)
})

afterAll(async () => {
  await browser?.close()
  await emulator?.close()
  await project?.remove()
})

const HARBOUR = { alt: 'The harbour before the last ferry.', width: 960, height: 720 }
const CROSSING = { alt: 'The crossing by night.', width: 960, height: 720 }

describe('Nuxt', () => {
  it('checks names and sizes once it is prepared, before any build', async () => {
    const sound = await project.run('nuxt', ['typecheck'])
    expect(sound.code, sound.output).toBe(0)
    project.write('app/misspelt.ts', MISSPELT)
    const { output } = await project.run('nuxt', ['typecheck'])
    await project.run('rm', ['app/misspelt.ts'])
    expect(errorsIn(output), output).toEqual(expectedErrors('app/misspelt.ts', MISSPELT))
  })

  it('says what is wrong with its options, without a stack', async () => {
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
    const { code, output } = await project.run('nuxt', ['build'], {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: emulator.url,
      IMAGEGEN_MODE: 'generate',
      ...where.environment,
    })
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(2)
    const server = await project.serve(
      'node',
      () => ['.output/server/index.mjs'],
      where.environment,
    )
    onTestFinished(() => server.stop())
    const { page, complaints, keepScreenshot } = await openPage(browser, server.url + where.path)
    const rendered = await naturalSizes(page)
    expect(rendered).toMatchObject([HARBOUR])
    expect(rendered[0]?.url).toContain(`${server.url}${where.path}_nuxt/`)
    await page.getByRole('button').click()
    await expect.poll(() => naturalSizes(page)).toMatchObject([HARBOUR, CROSSING])
    await keepScreenshot(where.name)
    await page.close()
    expect(complaints).toEqual([])
  })

  it('shows stand-ins, then pictures, then those of an edited prompt, on one page', async () => {
    await project.run('rm', ['-rf', '.imagegen'])
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) =>
        project.serve(
          'nuxt',
          (port) => ['dev', '--port', port, '--host', '127.0.0.1'],
          environment,
        ),
      manifest: 'app/pictures/ferry.image.yaml',
      from: 'A small harbour at dusk',
      to: 'A large harbour at noon',
      alt: HARBOUR.alt,
      name: 'nuxt-dev',
      isRendered: true,
    })
    for (const stage of seen.stages) expect(stage).toMatchObject([HARBOUR])
    expect(seen.asked).toBe(3)
    expect(seen.isSamePage).toBe(true)
    expect(seen.complaints).toEqual([])
  })
})
