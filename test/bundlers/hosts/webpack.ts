import path from 'node:path'
import { rspack as rspackCompiler } from '@rspack/core'
import webpackCompiler, { type Configuration } from 'webpack'
import rspackPlugin from '../../../src/rspack.ts'
import webpackPlugin from '../../../src/webpack.ts'
import type { Options } from '../../../src/options/options.ts'
import { buildQueue, pluginsOf, type Host, type HostSettings, type Project } from './host.ts'

/** What the compilers of both have, as far as a build needs it. */
interface Compiler {
  run(done: Done): void
  watch(options: object, done: Done): { close(done: () => void): void } | undefined
  close(done: () => void): void
}

type Done = (error: Error | null, stats?: Stats) => void

interface Stats {
  readonly compilation: { readonly errors: ReadonlyArray<{ readonly message: string }> }
}

type Make = (configuration: object) => Compiler

/** How the two differ. */
interface Kind {
  readonly make: Make
  readonly plugin: (options: Options) => unknown
  readonly cache: (folder: string) => unknown
}

/** The configuration that both understand. */
function configuration(project: Project, settings: HostSettings, kind: Kind): object {
  const { entry, target, base, sourcemap, out, cache } = settings
  return {
    context: project.root,
    mode: 'production',
    target: target === 'server' ? 'node20' : ['web', 'es2022'],
    entry: `./${entry}`,
    devtool: sourcemap ? 'source-map' : false,
    infrastructureLogging: { level: 'none' },
    performance: { hints: false },
    optimization: { minimize: false },
    experiments: { outputModule: true },
    cache: cache === undefined ? false : kind.cache(path.join(project.root, 'bundler-cache')),
    plugins: pluginsOf(project, settings, kind.plugin),
    output: {
      path: path.join(project.root, out),
      publicPath: base === 'relative' ? 'auto' : base,
      module: true,
      library: { type: 'module' },
      filename: 'main.mjs',
      chunkFilename: '[name].mjs',
      clean: true,
    },
  } satisfies Omit<Configuration, 'plugins' | 'cache'> & { plugins: unknown; cache: unknown }
}

function outcome(error: Error | null, stats: Stats | undefined): Error | undefined {
  const errors = stats?.compilation.errors.map(({ message }) => message) ?? []
  return error ?? (errors.length > 0 ? new Error(errors.join('\n')) : undefined)
}

function host(name: string, kind: Kind): Host {
  return {
    name,
    says: {
      'base path, CDN': '`output.publicPath`',
      'relative URLs': "`publicPath: 'auto'`",
      watching: 'placeholders first',
      'cache across builds': 'on disk',
      'a YAML plugin beside it': 'its rule has to exclude ours; an error says how',
    },
    plugin: kind.plugin,
    async build(project, settings) {
      const compiler = kind.make(configuration(project, settings, kind))
      const failed = await new Promise<Error | undefined>((resolve) => {
        compiler.run((error, stats) => resolve(outcome(error, stats)))
      })
      await new Promise<void>((resolve) => compiler.close(resolve))
      if (failed !== undefined) throw failed
    },
    async watch(project, settings) {
      // A production build forgets its modules where nothing is said; a watcher that is in use does not.
      const compiler = kind.make({ ...configuration(project, settings, kind), cache: true })
      const { push, next } = buildQueue()
      // Rspack leaves node_modules out where nothing is said, and so do many projects with webpack.
      const options = { aggregateTimeout: 20, ignored: /node_modules/ }
      const watching = compiler.watch(options, (error, stats) => push(outcome(error, stats)))
      return {
        next,
        async close() {
          await new Promise<void>((resolve) => watching?.close(resolve))
          await new Promise<void>((resolve) => compiler.close(resolve))
        },
      }
    },
  }
}

export const webpack: Host = host('webpack 5', {
  make: webpackCompiler,
  plugin: webpackPlugin,
  cache: (cacheDirectory) => ({
    type: 'filesystem',
    cacheDirectory,
    idleTimeoutForInitialStore: 0,
  }),
})

export const rspack: Host = host('Rspack 2', {
  make: rspackCompiler,
  plugin: rspackPlugin,
  cache: (directory) => ({ type: 'persistent', storage: { type: 'filesystem', directory } }),
})
