import path from 'node:path'
import { resolveOptions } from './options.ts'
import type { Options } from './options/options.ts'
import { createPipeline } from './pipeline.ts'
import { typesFolder } from './pipeline/declarations.ts'
import { imagegen as unplugin } from './plugin.ts'
import { checkHostVersion } from './plugin/host-version.ts'
import { leaveGenerating } from './plugin/hosts/vite.ts'
import { studioOf } from './plugin/hosts/vite-studio.ts'
import { plainly } from './plugin/plain-error.ts'
import { refusePublic } from './plugin/published-manifests.ts'
import { createSession } from './plugin/session/session.ts'
import { messageOf } from './shared/errors.ts'
import { toPosix } from './shared/files.ts'
import { createConsoleLogger, redacting } from './shared/logger.ts'

type VitePlugin = ReturnType<typeof unplugin.vite>

/** The part of Nuxt that this module uses, so that the declarations compile without Nuxt. */
export interface Nuxt {
  /** Nuxt's own version. */
  readonly _version?: string
  readonly options: {
    readonly rootDir: string
    /** Where Nuxt writes the tsconfig files that it owns. */
    readonly buildDir: string
    readonly dev: boolean
    readonly imagegen?: Options
  }
  hook(name: 'vite:extend', run: (context: { readonly config: BundlerConfig }) => void): unknown
  hook(
    name: 'webpack:config' | 'rspack:config',
    run: (configs: readonly BundlerConfig[]) => void,
  ): unknown
  hook(name: 'listen', run: () => void): unknown
  hook(name: 'nitro:init', run: (nitro: Nitro) => void): unknown
  hook(name: 'build:before', run: () => Promise<void>): unknown
  hook(name: 'prepare:types', run: (types: PreparedTypes) => Promise<void>): unknown
}

/** The configuration of one of Nuxt's bundlers. */
export interface BundlerConfig {
  plugins?: unknown[]
}

/** What serves a project of Nuxt. */
export interface Nitro {
  readonly options: { readonly publicAssets: ReadonlyArray<{ readonly dir: string }> }
}

/** The tsconfig files that Nuxt is about to write, beside those for its own configuration. */
export interface PreparedTypes {
  readonly tsConfig: TsConfig
  readonly sharedTsConfig?: TsConfig
  readonly references: Array<{ readonly types: string }>
}

/** A tsconfig file in Nuxt's build folder. */
export interface TsConfig {
  compilerOptions?: {
    rootDirs?: string[]
    allowArbitraryExtensions?: boolean
    paths?: Record<string, string[]>
  }
}

/** A module of Nuxt. */
export interface NuxtModule {
  (inline: Options, nuxt: Nuxt): void
  getMeta(): Promise<{ readonly name: string; readonly configKey: string }>
}

/**
 * The module for Nuxt, with Vite, webpack or Rspack.
 *
 * ```ts
 * // nuxt.config.ts
 * export default defineNuxtConfig({ modules: ['unplugin-imagegen/nuxt'] })
 * ```
 *
 * Options go under `imagegen`, beside the module's name, or in imagegen.config.*.
 */
const imagegen: NuxtModule = Object.assign(
  (inline: Options, nuxt: Nuxt) => {
    if (nuxt._version !== undefined) checkHostVersion('Nuxt', nuxt._version)
    const options: Options = { ...nuxt.options.imagegen, ...inline }
    const { dev } = nuxt.options
    const forBrowser = unplugin.vite(options)
    nuxt.hook('vite:extend', ({ config }) => {
      const plugins = dev ? inDevelopment(forBrowser, options) : [forBrowser]
      config.plugins = [...plugins, ...(config.plugins ?? [])]
    })
    nuxt.hook('listen', () => printStudio(forBrowser))
    nuxt.hook('webpack:config', (configs) => {
      for (const config of configs) (config.plugins ??= []).push(unplugin.webpack(options))
    })
    nuxt.hook('rspack:config', (configs) => {
      for (const config of configs) (config.plugins ??= []).push(unplugin.rspack(options))
    })
    refuseInPublic(options, nuxt)
    nuxt.hook('prepare:types', (types) => plainly(prepareTypes(types, options, nuxt)))
  },
  { getMeta: async () => ({ name: 'unplugin-imagegen', configKey: 'imagegen' }) },
)

/**
 * In development Nuxt runs one Vite for the browser and another for the server. The second finds in the store what the
 * first generates, so nothing is requested twice. Both say the same on placeholders, so that pages hydrate.
 */
function inDevelopment(forBrowser: VitePlugin, options: Options): unknown[] {
  const isForServer = (config: { readonly build?: { readonly ssr?: unknown } }): boolean =>
    Boolean(config.build?.ssr)
  const forServer = unplugin.vite(options)
  leaveGenerating(forServer, forBrowser)
  return [
    {
      ...forBrowser,
      apply: (config: Parameters<typeof isForServer>[0]) => !isForServer(config),
    },
    { ...forServer, apply: isForServer },
  ]
}

/** Prints the studio's address once Nuxt listens: only Nuxt knows when. */
function printStudio(forBrowser: VitePlugin): void {
  const logger = createConsoleLogger()
  studioOf(forBrowser)()
    .then((address) => {
      if (address !== undefined) logger.info(`Studio: ${address}`)
      return address
    })
    .catch((error: unknown) => logger.error(messageOf(error)))
}

/** Neither Vite nor webpack sees the folders that Nuxt publishes as they are: those of layers and modules, too. */
function refuseInPublic(options: Options, nuxt: Nuxt): void {
  const { dev, rootDir } = nuxt.options
  if (dev) return
  let folders: readonly string[] = []
  nuxt.hook('nitro:init', (nitro) => {
    folders = nitro.options.publicAssets.map(({ dir }) => dir)
  })
  nuxt.hook('build:before', async () => {
    const session = createSession(options, {
      start: rootDir,
      mode: 'production',
      kind: 'build',
      keepsModules: false,
    })
    try {
      for (const folder of folders) await plainly(refusePublic(folder, session))
    } finally {
      session.close()
    }
  })
}

/** Writes the exact types, and makes the tsconfig files that Nuxt owns find them. */
async function prepareTypes(
  { tsConfig, sharedTsConfig, references }: PreparedTypes,
  inline: Options,
  { options: { rootDir, buildDir, dev } }: Nuxt,
): Promise<void> {
  const options = await resolveOptions({
    start: rootDir,
    inline,
    mode: dev ? 'development' : 'production',
    isBuild: false,
    command: dev ? 'serve' : 'build',
    environment: process.env,
  })
  const logger = redacting(createConsoleLogger(), options.secrets)
  await createPipeline(options, logger).survey()
  references.push({ types: 'unplugin-imagegen/client' })
  for (const config of [tsConfig, sharedTsConfig]) {
    if (config !== undefined) lookForTypes(config, buildDir, options.root, typesFolder(options))
  }
}

/** Relative imports find a declaration through `rootDirs`, imports through an alias by its second path. */
function lookForTypes(config: TsConfig, buildDir: string, root: string, folder: string): void {
  const { rootDirs = [], paths = {} } = config.compilerOptions ?? {}
  const fromBuild = (target: string): string => toPosix(path.relative(buildDir, target))
  const withDeclarations = Object.entries(paths).map(([alias, targets]): [string, string[]] => {
    const inside = targets
      .filter((target) => target.endsWith('/*'))
      .map((target) => path.relative(root, path.resolve(buildDir, target)))
      .filter(
        (target) => !/^(?:\.\.|node_modules)(?:[/\\]|$)/.test(target) && !path.isAbsolute(target),
      )
    return [alias, [...targets, ...inside.map((target) => fromBuild(path.join(folder, target)))]]
  })
  config.compilerOptions = {
    ...config.compilerOptions,
    allowArbitraryExtensions: true,
    rootDirs: [...rootDirs, fromBuild(root), fromBuild(folder)],
    paths: Object.fromEntries(withDeclarations),
  }
}

export { imagegen as default, imagegen as 'module.exports' }
