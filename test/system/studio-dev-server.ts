import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { temporaryProject, type FileTree, type TemporaryProject } from '../temporary-project.ts'
import { startViteDevServer, type ViteDevServer } from './vite-dev-server.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** The line that a dev server prints. */
export const STUDIO: RegExp = /Studio: +(http:\/\/127\.0\.0\.1:\d+\/)#token=([\w-]+)/

/** Vite's dev server of a small project, on the command line. */
export interface StudioDevServer {
  readonly project: TemporaryProject
  readonly emulator: Emulator
  readonly dev: ViteDevServer
  /** The base of the dev server, with a slash. */
  readonly url: string
}

/** Where a studio is. */
export interface StudioAddress {
  /** With a slash. */
  readonly url: string
  readonly token: string
}

/**
 * @param vite the folder in node_modules.
 * @param options of the plugin, as JavaScript.
 */
export async function startStudioDevServer(
  vite: 'vite' | 'vite-6',
  options = '',
  files: FileTree = {},
): Promise<StudioDevServer> {
  const emulator = await startEmulator({ rpm: 0 })
  onTestFinished(() => emulator.close())
  const project = await temporaryProject({
    'vite.config.js': `import imagegen from 'unplugin-imagegen/vite'\nexport default { base: '/app/', plugins: [imagegen(${options})] }`,
    'index.html': '<!doctype html><script type="module" src="/main.js"></script>',
    'main.js': 'import fox from "./fox.image.yaml"\ndocument.title = fox.src',
    'fox.image.yaml': 'prompt: a fox\nalt: ""\n',
    ...files,
  })
  mkdirSync(project.file('node_modules'))
  symlinkSync(ROOT, project.file('node_modules/unplugin-imagegen'))
  symlinkSync(path.join(ROOT, 'node_modules', vite), project.file('node_modules/vite'))
  const dev = await startViteDevServer(project.root, {
    MINIMAX_API_HOST: emulator.url,
    MINIMAX_API_KEY: 'any',
  })
  onTestFinished(() => dev.stop())
  return { project, emulator, dev, url: dev.url }
}

/** Waits until a dev server has printed the studio's address. */
export async function addressIn(dev: Pick<ViteDevServer, 'output'>): Promise<StudioAddress> {
  await expect.poll(() => dev.output()).toMatch(STUDIO)
  const [, url = '', token = ''] = STUDIO.exec(dev.output()) ?? []
  return { url, token }
}
