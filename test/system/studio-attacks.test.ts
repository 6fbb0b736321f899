import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchChromium } from './chromium.ts'
import { addressIn, startStudioDevServer } from './studio-dev-server.ts'

const ATTACK = readFileSync(new URL('studio-attack.page.mjs', import.meta.url), 'utf8')

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** A page on another port of this machine. */
async function otherPort(): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>another</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** What a script that runs in a page gets from the studio. */
async function attack(page: Page, studio: string, door: string, token: string): Promise<string[]> {
  await page.evaluate(ATTACK)
  const given = [studio, door, token].map((text) => JSON.stringify(text)).join(', ')
  return page.evaluate(`window.attackStudio(${given})`)
}

describe.each(['vite', 'vite-6'] as const)('in the dev server of %s', (vite) => {
  test('neither the app’s own page nor one on another port learns, reads or spends anything', async () => {
    const { dev, url, emulator } = await startStudioDevServer(vite, "{ dev: { generate: 'off' } }")
    const { url: studio, token } = await addressIn(dev)
    for (const from of [url, await otherPort()]) {
      const page = await browser.newPage()
      onTestFinished(() => page.close())
      await page.goto(from)
      expect(await attack(page, studio, `${url}__imagegen/`, '')).toEqual([])
      expect(await attack(page, studio, `${url}__imagegen/`, token)).toEqual([])
    }
    expect(emulator.stats().requests).toBe(0)
    // The person still gets there by the same door.
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(`${url}__imagegen/`)
    await page.getByRole('link', { name: 'fox.image.yaml', exact: true }).waitFor()
    expect(new URL(page.url()).origin).toBe(new URL(studio).origin)
  })
})
