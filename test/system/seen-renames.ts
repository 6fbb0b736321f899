import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'

/** A project that a dev server serves, and the page that shows one of its images. */
export interface RenamePlan {
  readonly browser: Browser
  readonly project: {
    read(file: string): string
    write(file: string, text: string): void
    /** Replaces a text that has to be there. */
    edit(file: string, from: string, to: string): void
  }
  readonly url: string
  /** Where the image stands, as `  kira: { …, alt: … }`. */
  readonly manifest: string
  /** Where it is imported, as `{ kira }`. */
  readonly code: string
  /** The name of the image. */
  readonly image: string
  /** Its text alternative. */
  readonly alt: string
}

export interface SeenRenames {
  /** How often the page was loaded again while names were changed, by step. */
  readonly loads: Readonly<Record<string, number>>
  /** How often it was loaded again when the text alternative was changed after each of these steps. */
  readonly loadsLater: Readonly<Record<string, number>>
}

/**
 * Renames, removes, adds and brings back images while their page is open. After each step, and after that again, the page
 * has to show the text alternative that is edited then.
 */
export async function seeRenames(plan: RenamePlan): Promise<SeenRenames> {
  const { browser, project, url, manifest, code, image } = plan
  const { page, complained, loaded } = await openCounted(browser, url)
  let alt = plan.alt
  let looks = 0
  let named = image
  const rename = (to: string): { readonly inManifest: () => void; readonly inCode: () => void } => {
    const from = named
    named = to
    const imported = (name: string): string =>
      name === image ? `{ ${image} }` : `{ ${name} as ${image} }`
    return {
      inManifest: () => project.edit(manifest, `  ${from}:`, `  ${to}:`),
      inCode: () => project.edit(code, imported(from), imported(to)),
    }
  }
  /** A watcher may take two changes that follow each other at once for one: now and then the files are written again. */
  const written = <Result>(look: () => Result): (() => Result) => {
    let asked = 0
    return () => {
      if (++asked % 100 === 0) {
        for (const file of [manifest, code]) project.write(file, project.read(file))
      }
      return look()
    }
  }
  /** Does what makes code and manifest disagree, until the page or its server has noticed. */
  const disagree = async (change: () => void): Promise<void> => {
    const before = complained()
    change()
    await expect.poll(written(complained), POLL).toBeGreaterThan(before)
  }
  const added = '  extra: { prompt: Somebody else, alt: Somebody }\n'
  const isFirst = (name: string): string => `  ${name}:`

  const steps: Readonly<Record<string, () => void | Promise<void>>> = {
    async 'renamed in the manifest, then in the code'() {
      const { inManifest, inCode } = rename('mira')
      await disagree(inManifest)
      inCode()
    },
    async 'renamed in the code, then in the manifest'() {
      const { inManifest, inCode } = rename('vera')
      await disagree(inCode)
      inManifest()
    },
    'another one added': () => project.edit(manifest, isFirst(named), `${added}${isFirst(named)}`),
    'that one removed': () => project.edit(manifest, added, ''),
    async 'renamed in the manifest, and undone'() {
      await disagree(() => project.edit(manifest, '  vera:', '  zora:'))
      project.edit(manifest, '  zora:', '  vera:')
    },
    async 'removed, and brought back'() {
      await disagree(() => project.edit(manifest, '  vera:', '  # vera:'))
      project.edit(manifest, '  # vera:', '  vera:')
    },
    async 'given its first name again'() {
      const { inManifest, inCode } = rename(image)
      await disagree(inManifest)
      inCode()
    },
  }
  /** Changes the text alternative, until the page shows the new one. */
  const shows = async (message: string): Promise<void> => {
    const next = `look ${++looks}`
    project.edit(manifest, `alt: ${alt}`, `alt: ${next}`)
    alt = next
    await expect
      .poll(
        written(() => altsOf(page)),
        { ...POLL, message },
      )
      .toContain(next)
  }

  await expect.poll(() => altsOf(page), POLL).toContain(alt)
  // Dev servers may load a page again once they have seen all dependencies.
  await page.waitForLoadState('networkidle')
  const loads: Record<string, number> = {}
  const loadsLater: Record<string, number> = {}
  for (const [name, step] of Object.entries(steps)) {
    const before = loaded()
    await step()
    await shows(name)
    const between = loaded()
    await shows(`${name}, later`)
    loads[name] = between - before
    loadsLater[name] = loaded() - between
  }
  project.edit(manifest, `alt: ${alt}`, `alt: ${plan.alt}`)
  await expect.poll(() => altsOf(page), POLL).toContain(plan.alt)
  await page.close()
  return { loads, loadsLater }
}

/** As many as there are steps, and each of them nothing. */
export const NO_LOADS = expect.toSatisfy((loads: Readonly<Record<string, number>>) =>
  Object.values(loads).every((count) => count === 0),
) as Readonly<Record<string, number>>

export interface CountedPage {
  readonly page: Page
  /** How many errors and warnings the page and its console have told. */
  readonly complained: () => number
  /** How often it was loaded again. */
  readonly loaded: () => number
}

/** Opens a page that may complain, and counts how often it is loaded again. */
export async function openCounted(browser: Browser, url: string): Promise<CountedPage> {
  const page = await browser.newPage()
  let complaints = 0
  let loads = 0
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints += 1
  })
  page.on('pageerror', () => (complaints += 1))
  page.on('domcontentloaded', () => (loads += 1))
  await page.goto(url)
  return { page, complained: () => complaints, loaded: () => loads - 1 }
}

/** The text alternatives of the images of a page; none in the middle of a navigation. */
export function altsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>('[...document.images].map(({ alt }) => alt)').catch(() => [])
}

const POLL = { timeout: 90_000, interval: 50 }
