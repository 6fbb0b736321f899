import { fileURLToPath } from 'node:url'
import { preview } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { sandbox } from '../bundlers/sandbox.ts'
import { viteBuild, viteConfig } from '../bundlers/vite.ts'
import { launchChromium } from './chromium.ts'
import { naturalSizes } from './natural-sizes.ts'
import { openPage } from './open-page.ts'

const FILES = {
  'index.html': '<link rel="icon" href="data:,"><script type="module" src="/src/main.js"></script>',
  'src/main.js': `
    import { picture } from 'components'
    import { kira } from './cast.image.yaml'
    document.body.innerHTML = picture(kira, { sizes: '100px' })
  `,
  'src/cast.image.yaml': `
defaults: { alt: "", size: 512x512, output: { formats: [avif, jpeg], widths: [96] } }
images:
  kira:
    prompt: Kira by day
    output:
      aspectRatio: 2:1
      media:
        - { media: "(max-width: 600px) and (prefers-color-scheme: dark)", image: "#night", widths: [32] }
        - { media: "(max-width: 600px)", aspectRatio: 1:2, position: attention, widths: [48] }
        - { media: "(prefers-color-scheme: dark)", image: "#night" }
  night: { prompt: Kira at night, output: { widths: [64] } }
`,
}

test('a browser shows the crop of a small window, and the other image in the dark', async () => {
  const project = await sandbox({ files: FILES })
  const components = fileURLToPath(new URL('../../src/components/html.ts', import.meta.url))
  const alias = { components }
  await viteBuild(project, { resolve: { alias } })
  const server = await preview(viteConfig(project, { preview: { port: 0, host: 'localhost' } }))
  onTestFinished(() => server.close())
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  for (const [width, colorScheme, name, sides] of [
    [1280, 'light', 'kira', [96, 48]],
    [500, 'light', 'kira', [48, 96]],
    [1280, 'dark', 'night', [64, 64]],
    [500, 'dark', 'night', [32, 32]],
  ] as const) {
    const { page, complaints } = await openPage(browser, server.resolvedUrls!.local[0]!, {
      width,
      colorScheme,
    })
    await page.waitForSelector('img')
    const [shown] = await naturalSizes(page)
    expect([shown?.width, shown?.height], `${width} ${colorScheme}`).toEqual(sides)
    expect(shown?.url).toMatch(new RegExp(`/${name}-[^/]+\\.avif$`))
    expect(complaints).toEqual([])
    // Turned to the dark while it is open.
    if (colorScheme === 'light' && width === 1280) {
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.waitForFunction(`document.images[0].currentSrc.includes('/night-')`)
    }
    await page.close()
  }
})
