import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { installExample, type InstalledExample } from './installed-example.ts'
import { naturalSizes } from './natural-sizes.ts'
import { visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'

let example: InstalledExample

beforeAll(async () => {
  example = await installExample('storybook', { framework: 'storybook' })
})
afterAll(() => example?.close())

const STORY = '/iframe.html?id=badge--explorer&viewMode=story'

const SHOWN = [{ alt: 'The badge of the explorers.', width: 256, height: 256 }]

describe('Storybook on Vite', () => {
  it('shows the picture of a built story', async () => {
    const { browser, emulator, project } = example
    await example.build('storybook', ['build', '--disable-telemetry'])
    expect(emulator.stats().images).toBe(2)
    const server = await project.serveAt('vite', ['preview', '--outDir', 'storybook-static'])
    onTestFinished(() => server.stop())
    await visitPage(browser, server.url + STORY, 'storybook', (page) =>
      expect.poll(() => naturalSizes(page)).toMatchObject(SHOWN),
    )
  })

  it('shows placeholders, then pictures, then those of an edited prompt, in one story', async () => {
    const { browser, project } = example
    const seen = await seeEdit({
      browser,
      project,
      serve: (environment) =>
        project.serveAt('storybook', ['dev', '--ci', '--disable-telemetry'], environment),
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
