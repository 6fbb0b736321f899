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

/**
 * The project's own aliases, with one more for the manifests behind each; undefined if there are none. A second target of
 * the alias itself would make Vite warn about every `import.meta.glob` through it. Of two aliases that start with the same
 * text, the first one applies.
 */
function pathsWith(folder: string, root: string, config: TypeScriptConfig): string | undefined {
  const aliases = Object.entries(config.paths ?? {})
  const lines: string[] = []
  let isChanged = false
  for (const [name, targets] of aliases) {
    // Write targets relative to this file, even if they were inherited from another one.
    const show = (target: string): string => relativeTo(config.ownPathsFolder, target)
    const absolute = targets.map((target) => path.resolve(config.pathsFolder, target))
    const declared = absolute.flatMap((target) => {
      const relative = path.relative(root, target)
      const isOwn = !/^\.\.|^node_modules/.test(relative) && !path.isAbsolute(relative)
      return target.endsWith('*') && isOwn ? [path.join(folder, relative)] : []
    })
    if (declared.length > 0 && name.endsWith('*')) {
      isChanged = true
      const manifests = [...absolute, ...declared].map((target) => `${show(target)}.image.yaml`)
      lines.push(`  ${JSON.stringify(`${name}.image.yaml`)}: ${list(manifests)}`)
    }
    lines.push(`  ${JSON.stringify(name)}: ${list(absolute.map(show))}`)
  }
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
