import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { expectUnassailable } from './attack-studio.ts'
import { launchChromium } from './chromium.ts'
import { addressIn, startStudioDevServer } from './studio-dev-server.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.each(['vite', 'vite-6'] as const)('in the dev server of %s', (vite) => {
  test('no page and no socket learns, reads or spends anything, and the door stays open', async () => {
    const { dev, url, emulator } = await startStudioDevServer(vite, "{ dev: { generate: 'off' } }")
    await expectUnassailable(browser, {
      studio: await addressIn(dev),
      app: url,
      door: `${url}__imagegen/`,
      image: 'fox.image.yaml',
      emulator,
    })
  })
})
