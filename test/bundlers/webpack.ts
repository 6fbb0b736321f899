import { createRequire } from 'node:module'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import webpack, { type Compiler, type Configuration, type Stats, type Watching } from 'webpack'
import type { Options } from '../../src/options/options.ts'
import imagegen from '../../src/webpack.ts'
import type { Sandbox } from './sandbox.ts'

type Project = Pick<Sandbox, 'root' | 'options'>

/** webpack's configuration for a sandbox: `src/main.js` into `dist`. */
export function webpackConfig(
  { root, options }: Project,
  own: Configuration = {},
  more: Options = {},
): Configuration {
  return {
    context: root,
    mode: 'production',
    entry: './src/main.js',
    devtool: false,
    infrastructureLogging: { level: 'none' },
    performance: { hints: false },
    plugins: [imagegen({ ...options, ...more })],
    ...own,
    output: { path: path.join(root, 'dist'), publicPath: '/', ...own.output },
  }
}

/** The cache on the disk, waited for when the compiler is closed. */
export function persistentCache(root: string): Configuration {
  return {
    cache: {
      type: 'filesystem',
      cacheDirectory: path.join(root, 'webpack-cache'),
      idleTimeoutForInitialStore: 0,
    },
    output: { clean: true },
  }
}

/**
 * Builds a sandbox, as another process would. Returns the folder of the output.
 *
 * @throws what webpack gives up with, or the errors of the modules.
 */
export async function webpackBuild(
  project: Project,
  own: Configuration = {},
  more: Options = {},
): Promise<string> {
  const compiler = compilerOf(webpackConfig(project, own, more))
  try {
    const stats = await new Promise<Stats | undefined>((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)))
    })
    failOn(stats)
  } finally {
    await new Promise((resolve) => compiler.close(resolve))
  }
  return compiler.outputPath
}

/** Builds a sandbox for Node and loads it. */
export async function webpackValues(
  project: Project,
  own: Configuration = {},
  more: Options = {},
): Promise<Record<string, unknown>> {
  const out = await webpackBuild(
    project,
    {
      ...own,
      target: 'node',
      output: {
        ...own.output,
        path: path.join(project.root, 'dist-server'),
        library: { type: 'commonjs2' },
        filename: 'main.cjs',
      },
    },
    more,
  )
  const require = createRequire(import.meta.url)
  const file = path.join(out, 'main.cjs')
  delete require.cache[file]
  return require(file) as Record<string, unknown>
}

/** A watcher whose builds can be waited for one after the other. */
export interface WebpackWatcher {
  /** The next build that has not been asked for yet. */
  next(): Promise<Stats>
}

/** @param make webpack, or what has its interface. */
export function webpackWatch(
  project: Project,
  own: Configuration = {},
  make: Make = webpack,
): WebpackWatcher {
  const compiler = compilerOf(webpackConfig(project, own), make)
  const done: Stats[] = []
  const waiting: Array<(stats: Stats) => void> = []
  const watching: Watching | undefined = compiler.watch(
    { aggregateTimeout: 20 },
    (error, stats) => {
      if (error || stats === undefined) throw error ?? new Error('no build')
      const resolve = waiting.shift()
      if (resolve === undefined) done.push(stats)
      else resolve(stats)
    },
  )
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        // The compiler too, as webpack's own command does: it may be writing its cache.
        const closeCompiler = (): void => compiler.close(() => resolve())
        if (watching === undefined) closeCompiler()
        else watching.close(closeCompiler)
      }),
  )
  return {
    next: () =>
      new Promise((resolve) => {
        const stats = done.shift()
        if (stats === undefined) waiting.push(resolve)
        else resolve(stats)
      }),
  }
}

/** @throws what modules could not be built for. */
export function failOn(stats: Stats | undefined): void {
  const errors = stats?.compilation.errors ?? []
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
}

type Make = (configuration: Configuration) => Compiler | null

function compilerOf(configuration: Configuration, make: Make = webpack): Compiler {
  const compiler = make(configuration)
  if (compiler === null) throw new Error('webpack has made no compiler')
  return compiler
}
