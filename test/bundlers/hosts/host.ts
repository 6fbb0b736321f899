import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Options } from '../../../src/options/options.ts'
import type { Sandbox } from '../sandbox.ts'

/** What a build is given, as far as all hosts know it. */
export interface HostSettings {
  /** From the project's root. */
  readonly entry: string
  /** Where the output runs. */
  readonly target: 'client' | 'server'
  /** Where the output is served from. */
  readonly base: Base
  readonly sourcemap: boolean
  /** More options of ours. */
  readonly options: Options
  /** From the project's root. */
  readonly out: string
  /** Keeps what the host remembers from build to build: a host with a cache on the disk has it in the project. */
  readonly cache: HostCache | undefined
  /** Plugins of the host's own kind, around ours. */
  readonly before: readonly unknown[]
  readonly after: readonly unknown[]
}

/** What a host without a cache on the disk hands from one build to the next. */
export interface HostCache {
  content?: unknown
}

/** A path of a server, another host, or wherever the output is found to lie. */
export type Base = '/' | '/sub/' | 'https://cdn.example/x/' | 'relative'

export type Project = Pick<Sandbox, 'root' | 'options'>

/** A bundler in one version, which builds one entry into ES modules. */
export interface Host {
  readonly name: string
  /** Another of our plugins, to put beside the one that every build has. */
  plugin(options: Options): unknown
  /** @throws what the host gives up with. */
  build(project: Project, settings: HostSettings): Promise<void>
  /** Builds until it is closed. */
  watch(project: Project, settings: HostSettings): Promise<Watching>
  /** What the guide says of it. */
  readonly says: Readonly<Record<Trait, string>>
}

/** The columns of the table in examples/README.md. */
export const TRAITS = [
  'base path, CDN',
  'relative URLs',
  'watching',
  'cache across builds',
  'a YAML plugin beside it',
] as const

export type Trait = (typeof TRAITS)[number]

export interface Watching {
  /** The next build that nobody has asked for yet; what was wrong with it, or nothing. */
  next(): Promise<Error | undefined>
  close(): Promise<void>
}

/** What a build has made. */
export interface Built {
  /** The folder of the output, absolute. */
  readonly out: string
  /** What the entry exports, run by Node. */
  values(): Promise<Record<string, unknown>>
  /** The file in `out` that a URL of these values means. */
  fileOf(url: string): string
}

/** A production build of the client, served from `/`. */
export function settingsFor(own: Partial<HostSettings> = {}): HostSettings {
  return {
    entry: 'src/main.js',
    target: 'client',
    base: '/',
    sourcemap: false,
    options: {},
    out: 'dist',
    cache: undefined,
    before: [],
    after: [],
    ...own,
  }
}

/** Builds a project with a host. */
export async function buildWith(
  host: Host,
  project: Project,
  own: Partial<HostSettings> = {},
): Promise<Built> {
  const settings = settingsFor(own)
  await host.build(project, settings)
  return builtIn(project, settings)
}

/** What a build has left in its folder. */
export function builtIn({ root }: Project, { out: folder, base }: HostSettings): Built {
  const out = path.join(root, folder)
  return {
    out,
    async values() {
      const entry = pathToFileURL(path.join(out, 'main.mjs'))
      return importByNode(`${entry.href}?${Math.random()}`)
    },
    fileOf(url) {
      if (base === 'relative') {
        return url.startsWith('file:') ? fileURLToPath(url) : path.resolve(out, url)
      }
      if (!url.startsWith(base)) throw new Error(`${url} is not below ${base}`)
      return path.join(out, url.slice(base.length))
    },
  }
}

/** The plugins of a build: ours, with the options for the project, among those of the settings. */
export function pluginsOf(
  { options }: Project,
  settings: HostSettings,
  ours: (options: Options) => unknown,
): unknown[] {
  return [...settings.before, ours({ ...options, ...settings.options }), ...settings.after]
}

/** Builds that come by themselves, for whoever waits for the next. */
export function buildQueue(): {
  readonly push: (error: Error | undefined) => void
  readonly next: () => Promise<Error | undefined>
} {
  const done: Array<Error | undefined> = []
  const waiting: Array<(error: Error | undefined) => void> = []
  return {
    push(error) {
      const resolve = waiting.shift()
      if (resolve === undefined) done.push(error)
      else resolve(error)
    },
    next: () =>
      new Promise((resolve) => {
        if (done.length > 0) resolve(done.shift())
        else waiting.push(resolve)
      }),
  }
}

/** A watcher of Rollup's kind. */
export interface RollupWatcher {
  on(event: 'event', listener: (event: RollupWatchEvent) => void): void
  close(): Promise<void>
}

interface RollupWatchEvent {
  readonly code: string
  readonly error?: Error
  readonly result?: { close(): Promise<void> } | null
}

/** One outcome of every build: such a watcher says that it ended after what went wrong as well. */
export function watchingBy(watcher: RollupWatcher): Watching {
  const { push, next } = buildQueue()
  let failed: Error | undefined
  watcher.on('event', ({ code, error }) => {
    if (code === 'START') failed = undefined
    if (code === 'ERROR') failed = error
    if (code === 'END') push(failed)
  })
  return { next, close: () => watcher.close() }
}

/** The import of Node, not of the test runner, which has ideas of its own about built code. */
const { importByNode } = createRequire(import.meta.url)('./import-by-node.mjs') as {
  importByNode: (url: string) => Promise<Record<string, unknown>>
}
