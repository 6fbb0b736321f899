import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'

export const KEY = 'sk-0123456789-not-to-be-seen'

/** What the tests of a file leave behind. They run side by side, so it is cleared away after all of them. */
const endings: Array<() => unknown> = []

afterAll(async () => {
  for (const end of endings.toReversed()) await end()
})

const root = path.join(import.meta.dirname, '../..')
const bin = path.join(root, 'dist/cli/main.js')

/** What a command left on its way. */
export interface Ran {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** A command that is under way. */
export interface Running {
  readonly process: ChildProcess
  /** What it has printed, once the text is in it. */
  said(text: string): Promise<string>
  readonly ended: Promise<Ran>
}

/** A project in a temporary folder, and the built command in it. */
export interface Project {
  readonly folder: string
  write(file: string, content: string | Uint8Array): void
  remove(file: string): void
  read(file: string): string
  bytes(file: string): Buffer
  /** Every file below, with `/`, sorted; without what is installed and cached. */
  files(): string[]
  /** Everything that lies there, cache included, by its file name. */
  everything(): Map<string, Buffer>
  run(...args: string[]): Promise<Ran>
  /** The same in a folder of the project. */
  runIn(where: string, ...args: string[]): Promise<Ran>
  start(...args: string[]): Running
  /** The same in a terminal, where `answer` is typed once it asks, if it does. */
  typed(answer: string, ...args: string[]): Promise<Ran>
  /** The same in a terminal of this width, without an answer. */
  inTerminal(columns: number, ...args: string[]): Promise<Ran>
  /** For every later run. */
  environment: Record<string, string>
  /** Absolute, for every later run; the project's own to begin with. */
  workingFolder: string
}

/** @param files texts by path. The package is installed, as it is built. */
export async function createProject(files: Record<string, string> = {}): Promise<Project> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imagegen-cli-'))
  endings.push(() => rmSync(folder, { recursive: true, force: true }))
  const resolve = (file: string): string => path.join(folder, file)
  mkdirSync(resolve('node_modules'))
  symlinkSync(root, resolve('node_modules/unplugin-imagegen'))

  const start = (command: string, args: readonly string[], where = '.'): Running => {
    const child = spawn(command, args, {
      cwd: path.resolve(project.workingFolder, where),
      // Nothing of the test runner's: it says CI and VITEST, which change defaults.
      env: { PATH: process.env['PATH'], HOME: folder, ...project.environment },
    })
    endings.push(() => child.kill('SIGKILL'))
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close').then(([code, signal]: Array<number | string>) => ({
      code: code ?? signal ?? '',
      stdout,
      stderr,
    }))
    return {
      process: child,
      ended,
      async said(text) {
        while (!`${stdout}${stderr}`.includes(text)) {
          const more = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
          const ran = await Promise.race([more, ended])
          if (!Array.isArray(ran)) throw new Error(`It never said ${text}: ${stdout}${stderr}`)
        }
        return `${stdout}${stderr}`
      },
    }
  }

  const project: Project = {
    folder,
    environment: {},
    workingFolder: folder,
    write(file, content) {
      mkdirSync(path.dirname(resolve(file)), { recursive: true })
      writeFileSync(resolve(file), content)
    },
    remove: (file) => rmSync(resolve(file)),
    read: (file) => readFileSync(resolve(file), 'utf8'),
    bytes: (file) => readFileSync(resolve(file)),
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .filter((file) => !file.startsWith('node_modules'))
        .toSorted(),
    everything: () =>
      new Map(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.join(entry.parentPath, entry.name))
          .map((file) => [path.relative(folder, file), readFileSync(file)]),
      ),
    run: (...args) => project.start(...args).ended,
    runIn(where, ...args) {
      const running = start(process.execPath, [bin, ...args], where)
      running.process.stdin?.end()
      return running.ended
    },
    start(...args) {
      const running = start(process.execPath, [bin, ...args])
      running.process.stdin?.end()
      return running
    },
    async typed(answer, ...args) {
      const line = [process.execPath, bin, ...args].map((part) => `'${part}'`).join(' ')
      const running = start('script', ['-qec', line, '/dev/null'])
      await Promise.race([running.said('[y/N]'), running.ended])
      running.process.stdin?.end(answer)
      return running.ended
    },
    inTerminal(columns, ...args) {
      const line = [process.execPath, bin, ...args].map((part) => `'${part}'`).join(' ')
      const running = start('script', ['-qec', `stty cols ${columns}; ${line}`, '/dev/null'])
      running.process.stdin?.end()
      return running.ended
    },
  }
  project.write('package.json', '{ "name": "game", "private": true, "type": "module" }')
  for (const [file, text] of Object.entries(files)) project.write(file, text)
  return project
}

/** An emulator that every later run of the project talks to. */
export async function emulatorFor(
  project: Project,
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const emulator = await startEmulator({ rpm: 0, ...options })
  endings.push(() => emulator.close())
  project.environment = {
    ...project.environment,
    MINIMAX_API_KEY: KEY,
    MINIMAX_API_HOST: emulator.url,
  }
  return emulator
}
