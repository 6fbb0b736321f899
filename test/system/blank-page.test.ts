import type { Browser } from 'playwright-core'
import { createServer } from 'vite'
import { createServer as createServer6 } from 'vite-6'
import { createServer as createServer7 } from 'vite-7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenToConsole } from '../bundlers/console.ts'
import { sandbox } from '../bundlers/sandbox.ts'
import { viteDev } from '../bundlers/vite-dev.ts'
import { launchChromium } from './chromium.ts'
import { altsOf, openCounted } from './seen-renames.ts'

type Create = typeof createServer

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const MANIFEST = 'src/cast.image.yaml'

/** The code that asks for the image by name, and how it does so. */
const WAYS = [
  {
    code: 'src/app.js',
    asks: (name: string) => `import { ${name} as kira } from './cast.image.yaml'`,
  },
  {
    code: 'src/names.js',
    asks: (name: string) => `export { ${name} as kira } from './cast.image.yaml'`,
  },
]

test.each([
  ['6', createServer6 as unknown as Create],
  ['7', createServer7 as unknown as Create],
  ['8', createServer],
])(
  'Vite %s: a page that was loaded while code and manifest disagreed shows the image once they agree',
  async (_, create) => {
    listenToConsole()
    for (const { code, asks } of WAYS) {
      const files: Record<string, string> = {
        'index.html': '<!doctype html><script type="module" src="/src/main.js"></script>',
        [MANIFEST]:
          'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }\nimages:\n  kira: { prompt: K, alt: look 0 }\n',
        'src/main.js': `import './app.js'\n`,
        'src/app.js': [
          code === 'src/app.js' ? asks('kira') : `import { kira } from './names.js'`,
          'document.body.innerHTML = `<img alt="${kira.alt}" src="${kira.src}">`',
          'if (import.meta.hot) import.meta.hot.accept()',
          '',
        ].join('\n'),
      }
      if (code === 'src/names.js') files[code] = `${asks('kira')}\n`
      const project = await sandbox({ files })
      const dev = await viteDev(project, {}, { mode: 'placeholder' }, create)
      const { page, complained, loaded } = await openCounted(
        browser,
        dev.server.resolvedUrls!.local[0]!,
      )
      const shows = (alt: string): Promise<void> =>
        expect.poll(() => altsOf(page), { timeout: 90_000, message: alt }).toEqual([alt])
      const blank = async (change: () => void): Promise<void> => {
        const before = complained()
        change()
        await expect.poll(complained).toBeGreaterThan(before)
        await page.reload()
        await expect.poll(() => altsOf(page)).toEqual([])
      }
      await shows('look 0')
      // Mended in the code alone.
      await blank(() => project.edit(MANIFEST, '  kira:', '  mira:'))
      project.edit(code, asks('kira'), asks('mira'))
      await shows('look 0')
      // Mended in the manifest alone.
      await blank(() => project.edit(code, asks('mira'), asks('vera')))
      project.edit(MANIFEST, '  mira:', '  vera:')
      await shows('look 0')
      // From then on the page takes updates as before.
      const before = loaded()
      project.edit(MANIFEST, 'look 0', 'look 1')
      await shows('look 1')
      expect(loaded()).toBe(before)
      await page.close()
    }
  },
)
