import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { openPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'

let browser: Browser
let project: InstalledProject

beforeAll(async () => {
  browser = await launchChromium()
  project = await installProject({ example: 'storybook' })
})

afterAll(async () => {
  await browser?.close()
  await project?.remove()
})

const STORY = '/iframe.html?id=badge--explorer&viewMode=story'

const SHOWN = [{ alt: 'The badge of the explorers.', width: 256, height: 256 }]

describe('Storybook on Vite', () => {
  it('shows the picture of a built story', async () => {
    const emulator = await startEmulator({ rpm: 0 })
    onTestFinished(() => emulator.close())
    const { code, output } = await project.run('storybook', ['build', '--disable-telemetry'], {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: emulator.url,
      IMAGEGEN_MODE: 'generate',
    })
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(2)
    const preview = ['preview', '--host', '127.0.0.1', '--outDir', 'storybook-static', '--port']
    const server = await project.serve('vite', (port) => [...preview, port])
    onTestFinished(() => server.stop())
    const { page, complaints, keepScreenshot } = await openPage(browser, server.url + STORY)
    await expect.poll(() => naturalSizes(page)).toMatchObject(SHOWN)
    await keepScreenshot('storybook')
    await page.close()
    expect(complaints).toEqual([])
  })

  it('shows stand-ins, then pictures, then those of an edited prompt, in one story', async () => {
    await project.run('rm', ['-rf', '.imagegen'])
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) =>
        project.serve(
          'storybook',
          (port) => ['dev', '--ci', '--disable-telemetry', '--host', '127.0.0.1', '--port', port],
          environment,
        ),
      page: STORY,
      manifest: 'src/badges.image.yaml',
      from: 'an explorer in the mountains',
      to: 'an explorer in the desert',
      alt: SHOWN[0]!.alt,
      name: 'storybook-dev',
    })
    for (const stage of seen.stages) expect(stage).toMatchObject(SHOWN)
    expect(seen).toMatchObject({ asked: 3, isSamePage: true, complaints: [] })
  })
})
