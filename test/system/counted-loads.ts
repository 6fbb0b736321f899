import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { startGate } from './gate.ts'
import { naturalSizes } from './natural-sizes.ts'
import { openCounted } from './seen-renames.ts'

/** Three images that one edit of `season` changes. */
export const CAST = `defaults: { size: 512x512, output: { formats: [jpeg], widths: [64] } }
vars: { season: spring }
images:
  one: { prompt: "One in \${season}", alt: One }
  two: { prompt: "Two in \${season}", alt: Two }
  three: { prompt: "Three in \${season}", alt: Three }
`

interface LoadsPlan {
  readonly browser: Browser
  readonly project: { edit(file: string, from: string, to: string): void }
  /** Starts the dev server, in an environment in which pictures can be made. */
  readonly serve: (
    environment: NodeJS.ProcessEnv,
  ) => Promise<{ readonly url: string; stop(): Promise<void> }>
  /** The path of the page. */
  readonly page: string
  /** The file that holds `CAST`. */
  readonly manifest: string
}

/**
 * Opens a page of three images on a dev server, edits what their prompts have in common, and waits until it shows three
 * other pictures. These come one after the other.
 *
 * @returns how often the page was loaded again meanwhile, and how many images were asked for in all.
 */
export async function countLoads({
  browser,
  project,
  serve,
  page: at,
  manifest,
}: LoadsPlan): Promise<{ readonly loads: number; readonly asked: number }> {
  const emulator = await startEmulator({
    rpm: 0,
    faults: [
      { kind: 'delay', milliseconds: 300, match: 'Two in' },
      { kind: 'delay', milliseconds: 900, match: 'Three in' },
    ],
  })
  const gate = await startGate(emulator.url)
  const server = await serve({
    MINIMAX_API_KEY: 'any',
    MINIMAX_API_HOST: gate.url,
    IMAGEGEN_MODE: 'generate',
    CI: '',
  })
  try {
    const { page, loaded } = await openCounted(browser, `${server.url}${at}`)
    const urls = async (): Promise<readonly string[]> => {
      // In the middle of a navigation there is no page to ask.
      const images = await naturalSizes(page).catch(() => [])
      return images.filter(({ width }) => width > 0).map(({ url }) => url)
    }
    const seen = new Set<string>()
    /** Waits until the page shows three others than ever before. */
    const look = async (): Promise<void> => {
      let now: readonly string[] = []
      await expect
        .poll(async () => (now = await urls()).filter((url) => !seen.has(url)), { timeout: 90_000 })
        .toHaveLength(3)
      for (const url of now) seen.add(url)
    }
    await look()
    gate.open()
    await look()
    await page.waitForLoadState('networkidle')
    const before = loaded()
    project.edit(manifest, 'season: spring', 'season: autumn')
    // The pictures so far, dimmed; then the new ones.
    await look()
    await look()
    await page.waitForLoadState('networkidle')
    const loads = loaded() - before
    await page.close()
    return { loads, asked: emulator.stats().images }
  } finally {
    await server.stop()
    await gate.close()
    await emulator.close()
  }
}
