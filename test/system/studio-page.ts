import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { readPage } from '../../src/studio/listener/page-file.ts'
import { formatAddress, parseAddress, type Address } from '../../src/studio/page/address.ts'
import { openStudio, type OpenStudio, type OpenStudioSettings } from '../studio/opened.ts'
import { openPage, type OpenedPage, type PageSettings } from './open-page.ts'

/** A studio with the page that the package's build made. */
export async function openRealStudio(settings: OpenStudioSettings): Promise<OpenStudio> {
  return openStudio({ ...settings, studio: { page: await readPage(), ...settings.studio } })
}

/** Opens the studio's page, at a place of it. */
export async function openStudioPage(
  browser: Browser,
  { studio }: OpenStudio,
  change: Partial<Address> = {},
  settings: PageSettings = {},
): Promise<OpenedPage> {
  const url = new URL(studio.address)
  url.hash = formatAddress({ ...parseAddress(url.hash), ...change })
  return openPage(browser, url.href, settings)
}

/** What axe-core finds, a line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const results = (await page.evaluate('axe.run()')) as axe.AxeResults
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`),
  )
}

/** What axe-core finds in a view, and where it does not fit, narrow and wide, in light and dark. Keeps pictures of it. */
export async function findingsAtEverySize(
  { page, keepScreenshot }: OpenedPage,
  name: string,
): Promise<string[]> {
  const findings: string[] = []
  for (const width of [390, 1280, 2560]) {
    await page.setViewportSize({ width, height: 900 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const shown = `${name.replaceAll(' ', '-')}-${width}-${colorScheme}`
      await keepScreenshot(`studio-${shown}`)
      findings.push(...(await axeFindings(page)).map((finding) => `${shown}: ${finding}`))
      const isWithin = await page.evaluate('document.documentElement.scrollWidth <= innerWidth')
      if (isWithin !== true) findings.push(`${shown}: is wider than the window`)
    }
  }
  return findings
}

/** The tile of an image, which is a link. */
export function tileOf(page: Page, id: string): ReturnType<Page['getByRole']> {
  return page.getByRole('link', { name: id, exact: true })
}

export function buttonOf(page: Page, name: string): ReturnType<Page['getByRole']> {
  return page.getByRole('button', { name, exact: true })
}

/** Confirms the question that is open with the button of its verb. */
export async function confirm(page: Page, verb: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}
