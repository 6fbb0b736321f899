import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { isRecord } from '../../shared/record.ts'

/** What the loader contexts of webpack and Rspack tell about a module. */
export interface ModuleRules {
  readonly loaders?: ReadonlyArray<{ readonly path: string }>
  /** The module's file, absolute. */
  readonly resourcePath?: string
  /** What follows the file in a request, from `#` on. */
  readonly resourceFragment?: string
  addMissingDependency?(file: string): void
  getResolve?(options: object): ResolveFile
  /** `web`, `node`, … */
  readonly target?: unknown
  readonly _module?: RuledModule | undefined
  readonly _compilation?: { readonly moduleGraph?: ModuleGraph } | undefined
}

interface ResolveFile {
  (folder: string, request: string): Promise<string | false | undefined>
  (folder: string, request: string, callback: (...results: never[]) => void): void
}

interface RuledModule {
  readonly type?: string
  readonly resource?: string
}

interface ModuleGraph {
  getIssuer?(module: RuledModule): RuledModule | null | undefined
}

/** What becomes of a module: `javascript/auto`, `asset/resource`, … */
export function typeOf({ _module }: ModuleRules): string | undefined {
  return _module?.type
}

/** The file that names a module, absolute. */
export function issuerOf({ _module, _compilation }: ModuleRules): string | undefined {
  try {
    return _module && _compilation?.moduleGraph?.getIssuer?.(_module)?.resource
  } catch {
    // Rspack knows it only once all modules are built.
    return undefined
  }
}

/** What webpack is about to make a module of. */
interface CreateData extends Record<string, unknown> {
  readonly loaders?: ReadonlyArray<{ readonly ident?: string | null }>
}

/** The part of webpack's factory of modules that is used here. */
export interface ModuleFactory {
  readonly hooks: {
    readonly createModule: {
      tap(
        how: { readonly name: string; readonly stage: number },
        run: (data: CreateData) => void,
      ): void
    }
  }
}

/** What says how webpack reads a module. */
const KIND = [
  'settings',
  'type',
  'parser',
  'parserOptions',
  'generator',
  'generatorOptions',
  'resolveOptions',
] as const

/**
 * Keeps style sheets what they are where webpack reads CSS without being told: it takes what has been through a loader for
 * code, and the plugin's own loader only replaces URLs.
 *
 * @param name of the plugin, which its loaders have as well.
 * @see https://github.com/webpack/webpack/blob/main/lib/util/implicitTypeLoaderFallback.js
 */
export function keepKindOfStyles(factory: ModuleFactory, name: string): void {
  const kinds = new WeakMap<CreateData, Record<string, unknown>>()
  const { createModule } = factory.hooks
  // Around webpack's own, which has the stage 0.
  createModule.tap({ name, stage: -1000 }, (data) => {
    const { loaders = [], type } = data
    const isOurs = loaders.length > 0 && loaders.every(({ ident }) => ident === name)
    if (!isOurs || type !== 'css/auto') return
    kinds.set(data, Object.fromEntries(KIND.map((key) => [key, data[key]])))
  })
  createModule.tap({ name, stage: 1000 }, (data) => {
    Object.assign(data, kinds.get(data))
  })
}

/** Loaders of unplugin, which run the hooks of this plugin or of another that handles the file. */
const OF_UNPLUGIN = /[/\\]unplugin[/\\]dist[/\\](?:webpack|rspack)[/\\]/

/**
 * The plugin turns a manifest into JavaScript, which the user's loader or type for YAML would parse as YAML.
 *
 * @throws ImagegenError with the line to add.
 */
export function refuseOtherRules(file: string, { loaders = [], _module }: ModuleRules): void {
  const others = loaders.filter((loader) => !OF_UNPLUGIN.test(loader.path))
  const type = _module?.type ?? 'javascript/auto'
  const culprits = [
    ...others.map((loader) => `the loader ${nameOf(loader.path)}`),
    ...(type.startsWith('javascript/') ? [] : [`the type '${type}'`]),
  ]
  if (culprits.length === 0) return
  throw new ImagegenError('config', {
    message: `A rule in your configuration also matches ${path.basename(file)}, and gives it ${culprits.join(' and ')}.`,
    hint: 'Add to that rule: exclude: /\\.image\\.ya?ml$/',
  })
}

/** `yaml-loader` of `/app/node_modules/yaml-loader/index.js`; a file of the project keeps its name. */
function nameOf(loader: string): string {
  const parts =
    loader
      .split(/[/\\]node_modules[/\\]/)
      .at(-1)
      ?.split(/[/\\]/) ?? []
  if (!/[/\\]node_modules[/\\]/.test(loader)) return path.basename(loader)
  return parts.slice(0, parts[0]?.startsWith('@') === true ? 2 : 1).join('/')
}

/** What a rule's conditions may be about here. */
interface Asked {
  /** Absolute. */
  readonly file: string
  readonly query: string
}

/** Keys of a rule that say what it does, not when. */
const EFFECTS: ReadonlySet<string> = new Set(
  'use loader loaders options enforce type parser generator resolve sideEffects rules oneOf'.split(
    ' ',
  ),
)

/**
 * Whether a rule of the configuration gives a file to a loader. A rule with a condition about anything but the file does
 * not count: what it matches is known too late.
 *
 * @param loader a part of its path, such as `html-loader`.
 */
export function isReadBy(loader: string, asked: Asked, rules: readonly unknown[]): boolean {
  return rules.some((rule) => isRecord(rule) && isReadByRule(loader, asked, rule))
}

function isReadByRule(loader: string, asked: Asked, rule: Record<string, unknown>): boolean {
  if (!matches(asked, rule)) return false
  const { oneOf, rules } = rule
  const uses = [rule['loader'], rule['use']].flat()
  if (uses.some((use) => nameOfUse(use).includes(loader))) return true
  if (Array.isArray(rules) && isReadBy(loader, asked, rules)) return true
  const choices: readonly unknown[] = Array.isArray(oneOf) ? oneOf : []
  const first = choices.filter(isRecord).find((each) => matches(asked, each))
  return first !== undefined && isReadByRule(loader, asked, first)
}

function nameOfUse(use: unknown): string {
  if (typeof use === 'string') return use
  return isRecord(use) && typeof use['loader'] === 'string' ? use['loader'] : ''
}

function matches({ file, query }: Asked, rule: Record<string, unknown>): boolean {
  return Object.entries(rule).every(([key, condition]) => {
    if (EFFECTS.has(key) || condition === undefined) return true
    switch (key) {
      case 'test':
      case 'include':
      case 'resource':
        return holds(condition, file)
      case 'exclude':
        return !holds(condition, file)
      case 'resourceQuery':
        return holds(condition, query === '' ? '' : `?${query}`)
      default:
        return false
    }
  })
}

/** @see https://webpack.js.org/configuration/module/#condition */
function holds(condition: unknown, text: string): boolean {
  if (typeof condition === 'string') return text.startsWith(condition)
  if (condition instanceof RegExp) return condition.test(text)
  if (isTest(condition)) return condition(text) === true
  if (Array.isArray(condition)) return condition.some((each) => holds(each, text))
  if (!isRecord(condition)) return false
  const { and, or, not } = condition
  return (
    (!Array.isArray(and) || and.every((each) => holds(each, text))) &&
    (or === undefined || holds(or, text)) &&
    (not === undefined || !holds(not, text))
  )
}

function isTest(condition: unknown): condition is (text: string) => unknown {
  return typeof condition === 'function'
}
