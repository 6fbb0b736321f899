import path from 'node:path'
import { cacheFolder } from './options/cache-folder.ts'
import { checkOptions, refuseInData } from './options/check-options.ts'
import { loadConfigFile } from './options/config-file.ts'
import { type ConfigInputs, watchInput } from './options/config-input.ts'
import { type Environment, environmentFiles, readEnvironment } from './options/environment.ts'
import { type KeyOptions, fingerprintOf } from './options/fingerprint.ts'
import { type ChosenMode, type ModeContext, resolveMode } from './options/mode.ts'
import { credentialsOf, maskedModels, modelsWithoutHost, resolveModels } from './options/models.ts'
import type { ConfigInput, Options } from './options/options.ts'
import { CONFIG_FILES, findRoot, findWorkspaceRoot, isTypeScriptInstalled } from './options/root.ts'
import type { KeySource } from './model/image-model.ts'
import { missingKeySources } from './model/key-source.ts'
import type { ResolvedModel } from './model/resolved-model.ts'
import { checkInside } from './store/boundary.ts'
import type { RemoteOptions } from './store/remote/remote.ts'
import { secretsInOptions, secretsOf } from './store/remote/secrets.ts'

/** The options with every default filled in. */
export interface ResolvedOptions extends KeyOptions, ChosenMode {
  /** Absolute. `undefined` without one. Hosts watch it. */
  readonly configFile: string | undefined
  /** The files that may hold options or variables, there or not; absolute. */
  readonly optionFiles: readonly string[]
  /** Absolute. */
  readonly allow: readonly string[]
  readonly budget: { readonly images: number; readonly usd: number | undefined }
  /** Whether the user set the budget's images. Then the limit applies to the command line too. */
  readonly budgetIsChosen: boolean
  readonly dev: { readonly generate: 'auto' | 'off' }
  /** Whether dev servers offer the studio. */
  readonly studio: boolean
  /** Whether the store may be outside the root and be reached through links. */
  readonly storeIsOutside: boolean
  /** Whether renditions are shared through the remote. */
  readonly sharesRenditions: boolean
  /** The queue whose workers request missing images. `undefined`: this process requests them. */
  readonly queue: Filled<NonNullable<Options['queue']>> | undefined
  /** Absolute. */
  readonly cacheDir: string
  readonly provenance: boolean
  /** Whether hosts keep the exact types up to date. */
  readonly types: boolean
  /** The sources of API keys for models that lack one. */
  readonly missingKeys: readonly KeySource[]
  /** Texts that must never be printed. */
  readonly secrets: readonly string[]
  /** A digest of each option that decides keys, by the option's name. */
  readonly fingerprint: Readonly<Record<string, string>>
  /** What a config that is a function has looked at. */
  readonly inputs: ConfigInputs
  /** Warnings about ignored environment variables. */
  readonly warnings: readonly string[]
}

/** The same with every default filled in. */
type Filled<Shape> = { readonly [Name in keyof Shape]-?: NonNullable<Shape[Name]> }

/** Where and how the options are resolved. */
export interface ResolveContext extends ModeContext {
  /** The bundler's root, or the working directory. */
  readonly start: string
  /** The options in the bundler's config. */
  readonly inline: unknown
  /** Where `.env` files are, absolute. Default: the root. */
  readonly envDir?: string | undefined
  /** Who asks; default: a build where it is one, else the command line. */
  readonly command?: ConfigInput['command'] | undefined
  /** The mode for a config that is a function, where the host has one of its own. */
  readonly configMode?: string | undefined
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
  const environment = readEnvironment(context.envDir ?? root, context.mode, context.environment, [
    root,
    context.start,
  ])
  const { watched, inputs } = watchInput({
    env: environment.values,
    mode: context.configMode ?? (context.command === 'serve' ? 'development' : 'production'),
    command: context.command ?? (context.isBuild ? 'build' : 'cli'),
  })
  const fromFile =
    configFile === undefined
      ? {}
      : checkOptions(await loadConfigFile(configFile, watched), path.basename(configFile))
  if (configFile?.endsWith('.json') === true) refuseInData(fromFile, path.basename(configFile))
  const given: Options = {
    ...fromFile,
    ...written(checkOptions(context.inline ?? {}, 'the options of imagegen()')),
  }
  const resolve = (folder: string): string => path.resolve(root, folder)
  const namedCache = resolve(given.cacheDir ?? 'node_modules/.cache/unplugin-imagegen')
  const cache = cacheFolder(namedCache)
  const models = await resolveModels(given.models ?? {}, environment)
  const secrets = secretsIn(environment, given, models)
  const keyOptions: KeyOptions = {
    root,
    include: listOf(given.include) ?? DEFAULT_INCLUDE,
    exclude: listOf(given.exclude) ?? DEFAULT_EXCLUDE,
    models: maskedModels(models, secrets),
    defaults: given.defaults ?? {},
    vars: new Map(Object.entries(given.vars ?? {}).map(([name, value]) => [name, String(value)])),
    storeDir: resolve(given.store?.dir ?? '.imagegen'),
    remote: resolveRemote(given.store),
  }
  const storeIsOutside = given.store?.outside ?? false
  checkInside(keyOptions.storeDir, { within: root, outside: storeIsOutside })
  return {
    ...keyOptions,
    configFile,
    optionFiles: [
      ...CONFIG_FILES.map((name) => path.join(root, name)),
      ...environmentFiles(context.envDir ?? root, context.mode),
    ],
    storeIsOutside,
    studio: given.studio ?? true,
    cacheDir: cache.folder,
    allow: (listOf(given.allow) ?? [findWorkspaceRoot(root)]).map(resolve),
    ...resolveMode(given.mode, environment, context),
    budget: {
      images: given.budget?.images ?? DEFAULT_BUDGET_IMAGES,
      usd: given.budget?.usd,
    },
    budgetIsChosen: given.budget?.images !== undefined,
    dev: { generate: given.dev?.generate ?? 'auto' },
    queue: given.queue === undefined ? undefined : { ...DEFAULT_QUEUE, ...written(given.queue) },
    sharesRenditions: given.store?.renditions ?? false,
    provenance: given.provenance ?? true,
    types: given.types ?? isTypeScriptInstalled(root),
    missingKeys: missingKeySources([...keyOptions.models.values()].map(({ model }) => model)),
    secrets,
    fingerprint: fingerprintOf(keyOptions, namedCache),
    inputs: inputs(),
    warnings: [
      ...(cache.warning === undefined ? [] : [cache.warning]),
      ...environment.warnings,
      ...modelsWithoutHost(given.models ?? {}, environment).map(
        ({ name, hostVariable }) =>
          `The model \`${name}\` does not use ${hostVariable}: that came from a file, with the key of that file, and this model has a key of its own. Give it its \`host\` in the config.`,
      ),
    ],
  }
}

/** An option that is `undefined` was not written: it replaces neither the config file's value nor the default. */
function written<Shape extends object>(shape: Shape): Written<Shape> {
  return Object.fromEntries(
    Object.entries(shape).filter(([, value]) => value !== undefined),
  ) as Written<Shape>
}

type Written<Shape> = { readonly [Name in keyof Shape]: Exclude<Shape[Name], undefined> }

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}

function resolveRemote({ remote, timeout }: Options['store'] = {}): RemoteOptions | undefined {
  return remote === undefined ? undefined : { source: remote, timeout: timeout ?? DEFAULT_TIMEOUT }
}

/** Variables that hold secrets, by their names. */
const SECRET_VARIABLE = /(KEY|TOKEN|SECRET)$/i

/** Shorter values are found in ordinary words. */
const SHORTEST_SECRET = 8

/** What must never be printed, the longest first: one may be a part of another. */
function secretsIn(
  { accounts, values }: Environment,
  { store, queue }: Options,
  models: ReadonlyMap<string, ResolvedModel>,
): readonly string[] {
  const remote = store?.remote
  const known = [
    ...[...accounts.values()].flatMap(({ apiKey }) => (apiKey === undefined ? [] : [apiKey])),
    ...credentialsOf(models.values()),
    ...Object.entries(values).flatMap(([name, value]) => {
      const text = value?.trim() ?? ''
      return SECRET_VARIABLE.test(name) && text.length >= SHORTEST_SECRET ? [text] : []
    }),
    // The secrets of a storage that a function opens are hidden where its errors are read.
    ...(remote === undefined || typeof remote === 'function' ? [] : secretsOf(remote)),
    ...secretsInOptions(queue?.connection),
  ]
  const spelled = known.flatMap((secret) => [secret, encodeURIComponent(secret)])
  return [...new Set(spelled)].toSorted((left, right) => right.length - left.length)
}
