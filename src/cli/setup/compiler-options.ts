import path from 'node:path'
import { toPosix } from '../../shared/files.ts'
import type { ProjectFiles } from './project-files.ts'
import type { TypeScriptConfig } from './tsconfig.ts'

/** A line for the `compilerOptions` of a tsconfig file: its name, and JSON. */
export type CompilerOption = readonly [name: string, json: string]

/** What Nuxt's users do instead: its module tells TypeScript. */
export const NUXT_TYPES =
  'Nuxt finds them through its module: `modules: ["unplugin-imagegen/nuxt"]` in nuxt.config.ts.'

/**
 * The compiler options through which TypeScript finds the exact types, merged with those that hold already.
 *
 * @param folder of the exact types, absolute.
 * @returns nothing to add where one of the project's tsconfig files names the folder already.
 */
export function optionsForExactTypes(
  project: ProjectFiles,
  config: TypeScriptConfig,
  folder: string,
): readonly CompilerOption[] {
  const mentioned = toPosix(path.relative(project.root, folder))
  const isMentioned = [config.name, ...project.names.filter(isTypeScriptConfig)].some((name) =>
    project.read(name).includes(mentioned),
  )
  if (isMentioned || config.rootDirs?.includes(folder) === true) return []
  const show = (target: string): string => relativeTo(config.folder, target)
  const kitTypes = path.join(project.root, '.svelte-kit/types')
  const isKit = project.dependencies.has('@sveltejs/kit')
  // A `rootDirs` of one's own takes the place of the inherited one.
  const rootDirs = new Set([
    ...(config.rootDirs ?? [project.root, ...(isKit ? [kitTypes] : [])]),
    folder,
  ])
  const paths = isKit ? undefined : pathsWith(folder, project.root, config)
  return [
    ...(config.allowsArbitraryExtensions
      ? []
      : [['allowArbitraryExtensions', 'true'] satisfies CompilerOption]),
    ['rootDirs', list([...rootDirs].map(show))],
    ...(paths === undefined ? [] : [['paths', paths] satisfies CompilerOption]),
  ]
}

/** The compiler option for the loose types; nothing where the project has them. */
export function optionForLooseTypes(
  project: ProjectFiles,
  config: TypeScriptConfig,
): CompilerOption | undefined {
  const client = 'unplugin-imagegen/client'
  const declarations = ['', 'src/', 'app/'].flatMap((folder) =>
    ['vite-env', 'env', 'global', 'globals', 'imagegen', 'app'].map(
      (name) => `${folder}${name}.d.ts`,
    ),
  )
  const files = [config.name, ...project.names.filter(isTypeScriptConfig), ...declarations]
  if (config.types?.includes(client) || files.some((file) => project.read(file).includes(client))) {
    return undefined
  }
  return ['types', list([...(config.types ?? typesByDefault(project)), client])]
}

/** Without `types`, TypeScript before 6 takes all that is installed: naming one ends that. */
function typesByDefault({ dependencies }: ProjectFiles): string[] {
  return [...dependencies]
    .filter((name) => name.startsWith('@types/'))
    .map((name) => name.slice('@types/'.length).replace(/^(.+?)__(.+)$/, '@$1/$2'))
    .sort()
}

/** The project's own aliases, each with a second target among the exact types; nothing where there is none. */
function pathsWith(folder: string, root: string, config: TypeScriptConfig): string | undefined {
  const aliases = Object.entries(config.paths ?? {})
  let isChanged = false
  const lines = aliases.map(([name, targets]) => {
    const added = targets.flatMap((target) => {
      const relative = path.relative(root, path.resolve(config.pathsFolder, target))
      const isOwn = !/^\.\.|^node_modules/.test(relative) && !path.isAbsolute(relative)
      if (!target.endsWith('*') || !isOwn) return []
      return [relativeTo(config.ownPathsFolder, path.join(folder, relative))]
    })
    isChanged ||= added.length > 0
    // Targets are printed from the file that they are written into, wherever they were inherited from.
    const own = targets.map((target) =>
      relativeTo(config.ownPathsFolder, path.resolve(config.pathsFolder, target)),
    )
    return `  ${JSON.stringify(name)}: ${list([...own, ...added])}`
  })
  return isChanged ? `{\n${lines.join(',\n')}\n}` : undefined
}

function list(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`
}

function relativeTo(folder: string, target: string): string {
  const relative = toPosix(path.relative(folder, target))
  if (relative === '') return '.'
  return relative.startsWith('../') ? relative : `./${relative}`
}

function isTypeScriptConfig(name: string): boolean {
  return /^tsconfig(?:\..+)?\.json$/.test(name)
}
