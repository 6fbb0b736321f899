import path from 'node:path'
import { toPosix } from '../../shared/files.ts'
import type { ProjectFiles } from './project-files.ts'
import type { TypeScriptConfig } from './tsconfig.ts'

/** An entry of the `compilerOptions` in a tsconfig file: its name and its value as JSON. */
export type CompilerOption = readonly [name: string, json: string]

/** The advice for Nuxt, whose module configures TypeScript. */
export const NUXT_TYPES =
  'Nuxt finds them through its module: `modules: ["unplugin-imagegen/nuxt"]` in nuxt.config.ts.'

/**
 * Returns the compiler options that let TypeScript find the exact types, merged with the current options.
 *
 * @param folder the absolute folder of the exact types.
 * @returns an empty list if one of the project's tsconfig files already names the folder.
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
  // A file's own `rootDirs` replaces the inherited one, so repeat its folders.
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

/** Returns the compiler option for the general types; undefined if the project already has them. */
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

/** The installed `@types` packages. Without `types`, TypeScript before 6 includes them all; setting it stops that. */
function typesByDefault({ dependencies }: ProjectFiles): string[] {
  return [...dependencies]
    .filter((name) => name.startsWith('@types/'))
    .map((name) => name.slice('@types/'.length).replace(/^(.+?)__(.+)$/, '@$1/$2'))
    .sort()
}

/** The project's own aliases, each with a second target among the exact types; undefined if there are none. */
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
    // Write targets relative to this file, even if they were inherited from another one.
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
