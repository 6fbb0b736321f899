import path from 'node:path'
import { expect } from 'vitest'
import type { Browser } from 'playwright-core'
import { startEmulator } from '../../src/emulator/index.ts'
import { startGate } from './gate.ts'
import type { InstalledProject, Serving } from './installed-project.ts'
import { naturalSizes, type NaturalSize } from './natural-sizes.ts'
import { openPage } from './open-page.ts'

export interface SeenEdit {
  /** What the page shows at first, with the pictures, and after the edit: its stand-in, then its picture. */
  readonly stages: readonly (readonly NaturalSize[])[]
  /** Whether it was one page all the time, that was never loaded anew. */
  readonly isSamePage: boolean
  readonly complaints: readonly string[]
  /** Images that were asked for, in all. */
  readonly asked: number
  /** Everything that the dev server printed. */
  readonly output: string
}

/** What to look at, and what to change meanwhile. */
export interface EditPlan {
  readonly browser: Browser
  readonly project: InstalledProject
  /** Starts the framework's dev server, in an environment in which pictures can be made. */
  readonly serve: (environment: NodeJS.ProcessEnv) => Promise<Serving>
  /** The path of the page. */
  readonly page?: string
  readonly manifest: string
  readonly from: string
  readonly to: string
  /** The text alternative of the image whose prompt that is. */
  readonly alt: string
  /** Whether a server renders the page: then what it renders has to follow. */
  readonly isRendered?: boolean
  /** The name of the pictures of the page that are kept. */
  readonly name: string
  /** Looks at the page by itself, once all of its pictures are there. */
  readonly visit?: (url: string) => Promise<void>
}

/**
 * Opens a page of a dev server that has no pictures while none can be made, lets them come, edits a prompt, and lets the
 * new one come: four looks at one page.
 */
export async function seeEdit(plan: EditPlan): Promise<SeenEdit> {
  const { browser, project, serve, manifest, from, to, alt, name } = plan
  await project.run('rm', ['-rf', '.imagegen'])
  const emulator = await startEmulator({ rpm: 0 })
  const gate = await startGate(emulator.url)
  const server = await serve({ MINIMAX_API_KEY: 'any', MINIMAX_API_HOST: gate.url, CI: '' })
  try {
    const { page, complaints, keepScreenshot } = await openPage(
      browser,
      `${server.url}${plan.page ?? '/'}`,
    )
    const stages: NaturalSize[][] = []
    /** Waits until the images that are meant show other files than in the look before. */
    async function look(isMeant: (image: NaturalSize) => boolean): Promise<void> {
      const before = new Set(stages.at(-1)?.map(({ url }) => url))
      let now: NaturalSize[] = []
      const show = async (): Promise<NaturalSize[]> => {
        // In the middle of a navigation there is no page to ask.
        now = await naturalSizes(page).catch(() => [])
        return now.filter(isMeant)
      }
      await expect
        .poll(show, { timeout: 90_000 })
        .toSatisfy(
          (meant: NaturalSize[]) =>
            meant.length > 0 && meant.every(({ url, width }) => width > 0 && !before.has(url)),
        )
        .catch((error: unknown) => {
          throw new Error(`The page did not change. Its server said:\n${server.output()}`, {
            cause: error,
          })
        })
      stages.push(now)
    }
    await look(() => true)
    // Until then the page goes on with what the server has rendered.
    await page.waitForLoadState('networkidle')
    await keepScreenshot(`${name}-stand-ins`)
    expect(emulator.stats().requests).toBe(0)
    // A page that is loaded anew forgets it. Dev servers may do so once, when they have seen all dependencies.
    await page.evaluate('window.isFirstPage = true')
    gate.open()
    await look(() => true)
    await keepScreenshot(`${name}-arrived`)
    gate.shut()
    project.edit(manifest, from, to)
    await look((image) => image.alt === alt)
    gate.open()
    await look((image) => image.alt === alt)
    await keepScreenshot(`${name}-edited`)
    if (plan.isRendered === true) {
      const files = stages.at(-1)?.filter((image) => image.alt === alt) ?? []
      const [file = ''] = files.map(({ url }) => path.posix.basename(new URL(url).pathname))
      await expect.poll(async () => (await fetch(page.url())).text()).toContain(file)
    }
    const isSamePage = (await page.evaluate('window.isFirstPage')) === true
    const at = page.url()
    await page.close()
    await plan.visit?.(at)
    return {
      stages,
      isSamePage,
      complaints,
      asked: emulator.stats().images,
      output: server.output(),
    }
  } finally {
    await server.stop()
    await gate.close()
    await emulator.close()
  }
}
