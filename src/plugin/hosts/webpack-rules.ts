import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'

/** What the loader contexts of webpack and Rspack tell about a module. */
export interface ModuleRules {
  readonly loaders?: ReadonlyArray<{ readonly path: string }>
  /** `web`, `node`, … */
  readonly target?: unknown
  readonly _module?: RuledModule | undefined
  readonly _compilation?: { readonly moduleGraph?: ModuleGraph } | undefined
}

interface RuledModule {
  readonly type?: string
  readonly resource?: string
}

interface ModuleGraph {
  getIssuer?(module: RuledModule): RuledModule | null | undefined
}

/** The type that the plugin's rule gives a manifest that `new URL()` or CSS names. Projects rarely use it for YAML. */
export const TYPE_OF_URL = 'asset/inline'

/** Whether code names a module by its URL instead of importing it. */
export function isAskedForByUrl({ _module }: ModuleRules): boolean {
  return _module?.type === TYPE_OF_URL
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
