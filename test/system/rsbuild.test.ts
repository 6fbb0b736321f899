import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { accountAt } from './account.ts'
import { installExample, type InstalledExample } from './installed-example.ts'
import { naturalSizes } from './natural-sizes.ts'
import { visitPage } from './open-page.ts'
import { AT_NIGHT, expectWellShown, MEDIA, SIZES } from './well-shown.ts'

const SHOWN = [
  { alt: 'Chalk cliffs above a calm sea' },
  { alt: 'Dunes in the wind' },
  { alt: 'A salt marsh at low tide' },
]

let example: InstalledExample

beforeAll(async () => {
  example = await installExample('rsbuild', { framework: '@rsbuild/core' })
})
afterAll(() => example?.close())

/** Gives the first picture another one in the dark and a crop, and all of them files for two kinds of windows. */
function direct({ project }: InstalledExample): void {
  const manifest = 'src/coasts.image.yaml'
  project.edit(manifest, '[webp, jpeg], widths: [320, 640]', '[avif, jpeg], widths: [480, 960]')
  project.edit(manifest, '  dunes:', `    output: { ${MEDIA} }\n  dunes:`)
  project.write(manifest, `${project.read(manifest)}${AT_NIGHT}`)
  project.edit('src/index.ts', "sizes: '320px'", `sizes: '${SIZES}'`)
}

describe('Rsbuild', () => {
  it('shows every picture of a build', async () => {
    await example.build('rsbuild', ['build'])
    expect(example.emulator.stats().images).toBe(3)
    const server = await example.project.serveAt('rsbuild', ['preview'])
    onTestFinished(() => server.stop())
    const shown = await visitPage(example.browser, server.url, 'rsbuild', naturalSizes)
    expect(shown).toMatchObject(SHOWN)
    for (const { width } of shown) expect(width).toBeGreaterThan(0)
  })

  it('shows the files that suit the window, built and on its dev server', async () => {
    direct(example)
    await example.build('rsbuild', ['build'])
    for (const command of ['preview', 'dev']) {
      const account = accountAt(example.emulator.url)
      const server = await example.project.serveAt('rsbuild', [command], account)
      try {
        const cliffs = { alt: SHOWN[0]!.alt, hasMedia: true }
        await expectWellShown(example.browser, server.url, [cliffs])
      } finally {
        await server.stop()
      }
    }
    expect(example.emulator.stats().images).toBe(4)
  })

  it('knows named images, loosely and exactly, beside its own type of *.yaml', async () => {
    const { project } = example
    const loose = await project.run('tsc', ['--rootDirs', 'null'])
    expect(loose.code, loose.output).toBe(0)
    const exact = await project.run('npm', ['run', 'check'])
    expect(exact.code, exact.output).toBe(0)
    project.edit('src/index.ts', 'cliffs, dunes, marsh }', 'clifs as cliffs, dunes, marsh }')
    const misspelt = await project.run('npm', ['run', 'check'])
    expect(misspelt.code).not.toBe(0)
    expect(misspelt.output).toContain("Did you mean 'cliffs'?")
  })
})
