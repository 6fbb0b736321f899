import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { vi } from 'vitest'
import { cleanEnvironment } from '../examples/clean-environment.ts'
import type { FileTree } from '../temporary-project.ts'
import { freePort } from './free-port.ts'

const root = path.join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** How long a server may take to answer on a busy machine, in milliseconds. */
const PATIENCE = 120_000

const NPM = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'] as const

/** Where a project comes from. */
export interface ProjectSource {
  /** The name of one of ours in `examples`, copied as it is. */
  readonly example?: string
  /** What `npx` runs in the empty folder: an official starter. */
  readonly starter?: readonly string[]
  /** Written over it. */
  readonly files?: FileTree
  /** Added to its package.json. */
  readonly dependencies?: Readonly<Record<string, string>>
  /** What installs everything; default: npm. */
  readonly install?: readonly [program: string, ...args: string[]]
  /** The folder of another `node`, where the framework needs one. */
  readonly nodeFolder?: string
}

/** A project in a temporary folder, with the packed package and everything else installed as a user has it. */
export interface InstalledProject {
  readonly folder: string
  read(file: string): string
  write(file: string, text: string): void
  /** Replaces one text by another, which has to be there. */
  edit(file: string, from: string, to: string): void
  /** Runs one of the installed programs to its end. */
  run(program: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ran>
  /** Starts one of the installed programs, or a file, that serves HTTP on the port that it is given. */
  serve(
    program: string,
    argsFor: (port: string) => readonly string[],
    environment?: NodeJS.ProcessEnv,
  ): Promise<Serving>
  /** The same of a program that takes `--host` and `--port`. */
  serveAt(
    program: string,
    args: readonly string[],
    environment?: NodeJS.ProcessEnv,
  ): Promise<Serving>
  remove(): Promise<void>
}

export interface Ran {
  readonly code: number
  /** Both streams. */
  readonly output: string
}

export interface Serving {
  /** Without a slash at its end. */
  readonly url: string
  /** Everything that it printed so far. */
  output(): string
  stop(): Promise<void>
}

export async function installProject(source: ProjectSource): Promise<InstalledProject> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-installed-')))
  const resolve = (file: string): string => path.join(folder, file)
  const searched = [resolve('node_modules/.bin'), source.nodeFolder, process.env['PATH']]
  const environmentWith = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
    cleanEnvironment({
      PATH: searched.filter((each) => each !== undefined).join(path.delimiter),
      ASTRO_TELEMETRY_DISABLED: '1',
      NUXT_TELEMETRY_DISABLED: '1',
      STORYBOOK_DISABLE_TELEMETRY: '1',
      ...more,
    })

  const project: InstalledProject = {
    folder,
    read: (file) => readFileSync(resolve(file), 'utf8'),
    write(file, text) {
      mkdirSync(path.dirname(resolve(file)), { recursive: true })
      writeFileSync(resolve(file), text)
    },
    edit(file, from, to) {
      const text = project.read(file)
      if (!text.includes(from)) throw new Error(`${file} does not say ${from}`)
      project.write(file, text.replace(from, to))
    },
    async run(program, args, environment = {}) {
      const options = { cwd: folder, env: environmentWith(environment), maxBuffer: 1e8 }
      try {
        const { stdout, stderr } = await run(program, [...args], options)
        return { code: 0, output: stdout + stderr }
      } catch (error) {
        const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string }
        if (typeof code !== 'number') throw error
        return { code, output: stdout + stderr }
      }
    },
    serve: (program, argsFor, environment = {}) =>
      serve(program, argsFor, { cwd: folder, env: environmentWith(environment) }),
    serveAt: (program, args, environment) =>
      project.serve(
        program,
        (port) => [...args, '--host', '127.0.0.1', '--port', port],
        environment,
      ),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }

  if (source.example !== undefined) {
    const isOwn = (file: string): boolean =>
      !/(?:^|[/\\])(?:node_modules|\.imagegen|dist)$/.test(file)
    cpSync(path.join(root, 'examples', source.example), folder, { recursive: true, filter: isOwn })
  }
  if (source.starter !== undefined) {
    const { code, output } = await project.run('npx', source.starter)
    if (code !== 0) throw new Error(`npx ${source.starter.join(' ')} failed:\n${output}`)
  }
  for (const [file, text] of Object.entries(source.files ?? {})) project.write(file, String(text))
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  })
  const manifest = JSON.parse(project.read('package.json')) as Record<
    string,
    Record<string, string>
  >
  manifest['devDependencies'] = {
    ...manifest['devDependencies'],
    ...source.dependencies,
    'unplugin-imagegen': `file:./${stdout.trim()}`,
  }
  project.write('package.json', JSON.stringify(manifest, undefined, 2))
  const [installer, ...args] = source.install ?? NPM
  const installed = await project.run(installer, args)
  if (installed.code !== 0) {
    const wanted = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] })
    const names = wanted.map(([name, range]) => `${name}@${range}`).join(' ')
    throw new Error(
      `${installer} could not install ${names}: it needs a registry.\n${installed.output}`,
    )
  }
  return project
}

async function serve(
  program: string,
  argsFor: (port: string) => readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Serving> {
  const port = await freePort()
  // In a group of its own: frameworks start processes of their own.
  const child = spawn(program, argsFor(`${port}`), {
    cwd,
    env: { HOST: '127.0.0.1', PORT: `${port}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const closed = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  const ended = closed.then(() => {
    throw new Error(`${program} ended:\n${output}`)
  })
  const answers = async (): Promise<void> => {
    const { status } = await fetch(url)
    if (status >= 500) throw new Error(`${program} answers ${status}:\n${output}`)
  }
  await Promise.race([vi.waitFor(answers, { timeout: PATIENCE, interval: 200 }), ended])
  // Its end is no failure from here on.
  ended.catch(() => undefined)
  return {
    url,
    output: () => output,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await closed
    },
  }
}
