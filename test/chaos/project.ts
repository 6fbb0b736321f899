import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sha256 } from '../../src/shared/hash.ts'
import type { Logger } from '../../src/shared/logger.ts'
import { openStore, type Store } from '../../src/store/store.ts'

const root = path.join(import.meta.dirname, '../..')

/** The package as users get it. A long run has its own copy, which no build changes meanwhile. */
export const PACKAGE: string = process.env['CHAOS_PACKAGE'] ?? root

/** Its compiled modules, one for each source, so that single parts can be tested too. */
export const MODULES: string = path.join(PACKAGE, '.build/modules')

export const KEY = 'sk-chaos/4711+not=to-be-seen'

/** Milliseconds after which a process counts as hanging. */
const PATIENCE = 240_000

/** How a process ended. */
export interface Ended {
  /** The exit code, or the name of the signal that ended it. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds. */
  readonly duration: number
}

/** A running process. */
export interface Running {
  readonly process: ChildProcess
  /** Milliseconds since 1970. */
  readonly since: number
  readonly ended: Promise<Ended>
}

/** A real project in a temporary folder, with the built package installed. */
export interface ChaosProject extends AsyncDisposable {
  readonly folder: string
  readonly storeDir: string
  readonly file: (name: string) => string
  readonly read: (name: string) => string
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => void
  /** Starts `imagegen` with these arguments. */
  readonly start: (...args: readonly string[]) => Running
  readonly run: (...args: readonly string[]) => Promise<Ended>
  /** Starts any other script with Node. */
  readonly startScript: (script: string, ...args: readonly string[]) => Running
  /** For every later process. */
  readonly environment: Record<string, string>
  /** The store, opened by this process. */
  readonly openStore: () => Store
  /** All paths in the folder, without installed packages. */
  readonly files: () => string[]
}

/** @param url of the emulator that its processes ask. */
export async function chaosProject(
  url: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<ChaosProject> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-chaos-')))
  const file = (name: string): string => path.join(folder, name)
  const storeDir = file('.imagegen')
  const running = new Set<ChildProcess>()
  const environment: Record<string, string> = { MINIMAX_API_KEY: KEY, MINIMAX_API_HOST: url }

  const startScript = (script: string, ...args: readonly string[]): Running => {
    const since = Date.now()
    const child = spawn(process.execPath, [script, ...args], {
      cwd: folder,
      // Without the test runner's variables: it sets CI and VITEST, which change defaults.
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    })
    running.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close').then(([code, signal]: Array<number | string>) => {
      running.delete(child)
      return { code: code ?? signal ?? '', stdout, stderr, duration: Date.now() - since }
    })
    return { process: child, since, ended }
  }
  const start: ChaosProject['start'] = (...args) =>
    startScript(path.join(PACKAGE, 'dist/cli/main.js'), ...args)

  const project: ChaosProject = {
    folder,
    storeDir,
    file,
    environment,
    read: (name) => readFileSync(file(name), 'utf8'),
    write(tree) {
      for (const [name, content] of Object.entries(tree)) {
        mkdirSync(path.dirname(file(name)), { recursive: true })
        writeFileSync(file(name), content)
      }
    },
    start,
    run: async (...args) => start(...args).ended,
    startScript,
    openStore: () => openStore({ dir: storeDir, logger: silent }),
    files: () => filesIn(folder).filter((name) => !name.startsWith('node_modules')),
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  project.write({ 'package.json': '{"name":"chaos","private":true,"type":"module"}', ...files })
  mkdirSync(file('node_modules'), { recursive: true })
  symlinkSync(PACKAGE, file('node_modules/unplugin-imagegen'))
  return project
}

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A config for a fast run. */
export function configOf(
  settings: { readonly budget?: object; readonly timeout?: number; readonly rpm?: number } = {},
): Record<string, string> {
  const { budget = { images: 1000 }, timeout = 20_000, rpm = 60_000 } = settings
  return {
    'imagegen.config.mjs': `import { defineConfig, minimax } from 'unplugin-imagegen'
export default defineConfig({
  models: { 'image-01': minimax('image-01', { rpm: ${rpm}, timeout: ${timeout} }) },
  budget: ${JSON.stringify(budget)},
})
`,
  }
}

/** From now on the project's processes record their memory peak, for `peakOf`. */
export function measured(project: ChaosProject): void {
  project.write({
    'measure.mjs': `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(${JSON.stringify(project.file('peak'))}, String(process.resourceUsage().maxRSS)))
`,
  })
  project.environment['NODE_OPTIONS'] = `--import ${project.file('measure.mjs')}`
}

/** The memory peak of the project's last process in megabytes. */
export function peakOf(project: ChaosProject): number {
  return Math.round(Number(project.read('peak')) / 1024)
}

/** Every file below a folder, as sorted paths from it. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** One text that is equal for equal folders. */
export function digestOfFolder(folder: string): string {
  const files = filesIn(folder)
  return files.map((file) => `${file} ${sha256(readFileSync(path.join(folder, file)))}`).join('\n')
}

/** The sha256 of every original in a store. */
export function originalsIn(storeDir: string): string[] {
  if (!existsSync(storeDir)) return []
  return readdirSync(storeDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.json$|^\.gitignore$/.test(entry.name))
    .map((entry) => sha256(readFileSync(path.join(storeDir, entry.name))))
}
