import path from 'node:path'
import type { ImageModel } from './model/image-model.ts'
import { minimax } from './model/minimax/minimax.ts'
import { resolveModel, type ResolvedModel } from './model/resolved-model.ts'
import { loadConfigFile } from './options/config-file.ts'
import {
  isContinuousIntegration,
  readEnvironment,
  type Environment,
} from './options/environment.ts'
import { checkOptions, type Mode, type Options } from './options/options.ts'
import { findRoot, findWorkspaceRoot } from './options/root.ts'
import { isTypeScriptInstalled } from './options/typescript.ts'
import { ImagegenError } from './shared/errors.ts'
import { digest } from './shared/hash.ts'
import type { RemoteOptions } from './store/remote/remote.ts'
import { secretsInOptions, secretsOf } from './store/remote/secrets.ts'

/** The options with every default filled in. */
export interface ResolvedOptions {
  /** Absolute. */
  readonly root: string
  /** Absolute; nothing where there is none. Hosts watch it. */
  readonly configFile: string | undefined
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Absolute. */
  readonly allow: readonly string[]
  readonly models: ReadonlyMap<string, ResolvedModel>
  /** As written; checked where manifests are read. */
  readonly defaults: Readonly<Record<string, unknown>>
  readonly vars: ReadonlyMap<string, string>
  readonly mode: Mode
  /** Where the mode comes from: an explicit `frozen` binds the command line, the default in CI does not. */
  readonly modeSource: 'environment' | 'option' | 'test' | 'ci' | 'default'
  readonly budget: { readonly images: number; readonly usd: number | undefined }
  /** Whether the user chose the images of the budget: then they bind the command line too. */
  readonly budgetIsChosen: boolean
  readonly dev: { readonly generate: 'auto' | 'off' }
  /** Absolute. */
  readonly storeDir: string
  /** Where other machines find the same. */
  readonly remote: RemoteOptions | undefined
  /** Whether renditions are shared through the remote. */
  readonly sharesRenditions: boolean
  /** Where missing pictures are asked for by workers; nothing: this process asks. */
  readonly queue: Required<NonNullable<Options['queue']>> | undefined
  /** Absolute. */
  readonly cacheDir: string
  readonly provenance: boolean
  /** Whether hosts keep the exact types up to date. */
  readonly types: boolean
  /** Whether MiniMax has a key; without one its models cannot be asked. */
  readonly hasKey: boolean
  /** What must never be printed. */
  readonly secrets: readonly string[]
  /** A digest of each option that decides keys, by the option's name. */
  readonly fingerprint: Readonly<Record<string, string>>
}

/** Where and how the options are resolved. */
export interface ResolveContext {
  /** The bundler's root, or the working directory. */
  readonly start: string
  /** What somebody wrote in the bundler's config, and where that is. */
  readonly inline: unknown
  /** Vite's mode, or NODE_ENV: which `.env` files are read. */
  readonly mode: string
  /** Whether this is a build that ends: only then is `frozen` the default in CI. */
  readonly isBuild: boolean
  /** Where `.env` files are, absolute; default: the root. */
  readonly envDir?: string | undefined
  readonly environment: NodeJS.ProcessEnv
}

const DEFAULT_INCLUDE = ['**/*.image.{yaml,yml}']
const DEFAULT_EXCLUDE = ['**/node_modules/**', '**/dist/**', '**/.*/**']
const DEFAULT_BUDGET_IMAGES = 20
const DEFAULT_TIMEOUT = 30_000
const DEFAULT_QUEUE = { name: 'imagegen', stalledAfter: 30_000, patience: 60_000 }

/**
 * Reads config file and environment and fills in every default.
 *
 * @throws ImagegenError with code `config`.
 */
export async function resolveOptions(context: ResolveContext): Promise<ResolvedOptions> {
  const { root, configFile } = findRoot(context.start)
  const fromFile =
    configFile === undefined
      ? {}
      : checkOptions(await loadConfigFile(configFile), path.basename(configFile))
  const given: Options = {
    ...fromFile,
    ...checkOptions(context.inline ?? {}, 'the options of imagegen()'),
  }
  const environment = readEnvironment(context.envDir ?? root, context.mode, context.environment)
  const resolve = (folder: string): string => path.resolve(root, folder)
  const models = await resolveModels(given.models ?? {}, environment)
  const shared = {
    root,
    include: listOf(given.include) ?? DEFAULT_INCLUDE,
    exclude: listOf(given.exclude) ?? DEFAULT_EXCLUDE,
    models,
    defaults: given.defaults ?? {},
    vars: new Map(Object.entries(given.vars ?? {}).map(([name, value]) => [name, String(value)])),
    storeDir: resolve(given.store?.dir ?? '.imagegen'),
    remote: resolveRemote(given.store),
    cacheDir: resolve(given.cacheDir ?? 'node_modules/.cache/unplugin-imagegen'),
  }
  return {
    ...shared,
    configFile,
    allow: (listOf(given.allow) ?? [findWorkspaceRoot(root)]).map(resolve),
    ...resolveMode(given.mode, environment, context),
    budget: {
      images: given.budget?.images ?? DEFAULT_BUDGET_IMAGES,
      usd: given.budget?.usd,
    },
    budgetIsChosen: given.budget?.images !== undefined,
    dev: { generate: given.dev?.generate ?? 'auto' },
    queue: given.queue === undefined ? undefined : { ...DEFAULT_QUEUE, ...given.queue },
    sharesRenditions: given.store?.renditions ?? false,
    provenance: given.provenance ?? true,
    types: given.types ?? isTypeScriptInstalled(root),
    hasKey: environment.apiKey !== undefined,
    secrets: secretsIn(environment, given),
    fingerprint: fingerprintOf(shared),
  }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}

async function resolveModels(
  given: Readonly<Record<string, ImageModel>>,
  environment: Environment,
): Promise<ReadonlyMap<string, ResolvedModel>> {
  const account = { apiKey: environment.apiKey, host: environment.apiHost }
  const all: Record<string, ImageModel> = {
    'image-01': minimax('image-01'),
    'image-01-live': minimax('image-01-live'),
    ...given,
  }
  const resolved = new Map<string, ResolvedModel>()
  for (const [name, model] of Object.entries(all)) {
    // What is no model at all is for `resolveModel` to complain about.
    resolved.set(name, await resolveModel(name, model?.withAccount?.(account) ?? model))
  }
  return resolved
}

function resolveRemote({ remote, timeout }: Options['store'] = {}): RemoteOptions | undefined {
  return remote === undefined ? undefined : { source: remote, timeout: timeout ?? DEFAULT_TIMEOUT }
}

function secretsIn({ apiKey }: Environment, { store, queue }: Options): readonly string[] {
  const remote = store?.remote
  return [
    ...(apiKey === undefined ? [] : [apiKey]),
    // What a function opens has its secrets hidden where its errors are read.
    ...(remote === undefined || typeof remote === 'function' ? [] : secretsOf(remote)),
    ...secretsInOptions(queue?.connection),
  ]
}

function resolveMode(
  option: Mode | undefined,
  environment: Environment,
  context: ResolveContext,
): Pick<ResolvedOptions, 'mode' | 'modeSource'> {
  if (environment.mode !== undefined) {
    return { mode: checkMode(environment.mode), modeSource: 'environment' }
  }
  if (option !== undefined) return { mode: option, modeSource: 'option' }
  if (context.mode === 'test' || context.environment['VITEST'] !== undefined) {
    return { mode: 'placeholder', modeSource: 'test' }
  }
  return context.isBuild && isContinuousIntegration(context.environment)
    ? { mode: 'frozen', modeSource: 'ci' }
    : { mode: 'generate', modeSource: 'default' }
}

function checkMode(mode: string): Mode {
  switch (mode) {
    case 'generate':
    case 'frozen':
    case 'placeholder':
      return mode
    default:
      throw new ImagegenError('config', {
        message: `IMAGEGEN_MODE is \`${mode}\`, which is no mode.`,
        hint: 'Set it to `generate`, `frozen` or `placeholder`.',
      })
  }
}

/** Everything that decides keys: a command that resolves others than the build did would make other images. */
function fingerprintOf(
  options: Pick<
    ResolvedOptions,
    | 'root'
    | 'cacheDir'
    | 'include'
    | 'exclude'
    | 'models'
    | 'defaults'
    | 'vars'
    | 'storeDir'
    | 'remote'
  >,
): Readonly<Record<string, string>> {
  const models = Object.fromEntries(
    [...options.models].map(([name, { provider, modelId }]) => [name, [provider, modelId]]),
  )
  return {
    // From the cache, so that a checkout may move; two roots over one cache still differ.
    root: digest(path.relative(options.cacheDir, options.root)),
    include: digest(options.include),
    exclude: digest(options.exclude),
    models: digest(models),
    defaults: digest(options.defaults),
    vars: digest(Object.fromEntries(options.vars)),
    // A command that does not know of the remote would pay for what is there.
    store: digest(
      options.remote === undefined
        ? path.relative(options.root, options.storeDir)
        : [path.relative(options.root, options.storeDir), 'remote'],
    ),
  }
}
