import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'

const results = fileURLToPath(new URL('../../test-results', import.meta.url))

export interface OpenedPage {
  readonly page: Page
  /** Errors on the console, exceptions, and whatever failed to load. */
  readonly complaints: readonly string[]
  /** Keeps a picture of the whole page under test-results. */
  readonly keepScreenshot: (name: string) => Promise<void>
}

export interface PageSettings {
  /** Of the window, in pixels. */
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
  /** Pixels of the screen for one of the page. */
  readonly deviceScaleFactor?: number
}

export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, colorScheme = 'light', deviceScaleFactor = 1 }: PageSettings = {},
): Promise<OpenedPage> {
  const viewport = { width, height: 900 }
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor })
  page.setDefaultTimeout(90_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    const { url: source } = message.location()
    // Now and then Chromium asks for one by itself, where no page names it.
    if (source.endsWith('/favicon.ico')) return
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.text()} (${source})`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // Given up by the page itself: it is left, or finds a better source of a picture.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`)
  })
  page.on('response', (response) => {
    if (!response.ok() && response.status() !== 304) {
      complaints.push(`${response.url()}: ${response.status()}`)
    }
  })
  await page.goto(url)
  return {
    page,
    complaints,
    async keepScreenshot(name) {
      await page.screenshot({ path: path.join(results, `${name}.png`), fullPage: true })
    },
  }
}

/**
 * Visits a page that has nothing to complain of, and keeps a picture of it as it is at the end.
 *
 * @param name of that picture.
 * @returns what the visit comes to.
 */
export async function visitPage<Result>(
  browser: Browser,
  url: string,
  name: string,
  visit: (page: Page) => Promise<Result>,
): Promise<Result> {
  const { page, complaints, keepScreenshot } = await openPage(browser, url)
  const result = await visit(page)
  await keepScreenshot(name)
  await page.close()
  expect(complaints).toEqual([])
  return result
}
