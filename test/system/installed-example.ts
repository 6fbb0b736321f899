import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject, type ProjectSource } from './installed-project.ts'
import { newerNode } from './newer-node.ts'

/** One of the examples as a user has it, an account for its pictures, and a browser to look at them. */
export interface InstalledExample {
  readonly project: InstalledProject
  readonly emulator: Emulator
  readonly browser: Browser
  /** Runs a build that makes what is missing, and has to succeed. */
  build(program: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<void>
  close(): Promise<void>
}

export interface ExampleSettings extends Pick<ProjectSource, 'files' | 'dependencies'> {
  /** The package whose version is told. */
  readonly framework: string
  readonly needsNewerNode?: boolean
}

/** @param name of its folder in `examples`. */
export async function installExample(
  name: string,
  { framework, needsNewerNode = false, ...source }: ExampleSettings,
): Promise<InstalledExample> {
  const node = needsNewerNode ? await newerNode() : undefined
  const browser = await launchChromium()
  const emulator = await startEmulator({ rpm: 0 })
  const closeOthers = async (): Promise<void> => {
    await browser.close()
    await emulator.close()
  }
  const nodeFolder = node === undefined ? {} : { nodeFolder: node.folder }
  const project = await installProject({ ...source, ...nodeFolder, example: name }).catch(
    async (error: unknown) => {
      await closeOthers()
      throw error
    },
  )
  const { version } = JSON.parse(project.read(`node_modules/${framework}/package.json`)) as {
    version: string
  }
  console.info(`${framework} ${version} on Node ${node?.version ?? process.version}`)
  return {
    project,
    emulator,
    browser,
    async build(program, args, environment = {}) {
      const account = accountAt(emulator.url)
      const { code, output } = await project.run(program, args, { ...account, ...environment })
      expect(code, output).toBe(0)
    },
    async close() {
      await closeOthers()
      await project.remove()
    },
  }
}
