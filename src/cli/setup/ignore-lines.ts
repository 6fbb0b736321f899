import { existsSync } from 'node:fs'
import path from 'node:path'
import { readFileIfThere } from '../../shared/files.ts'
import type { ProjectFiles } from './project-files.ts'

/** A linter or formatter, and how to make it ignore the store. */
interface Tool {
  readonly packages: readonly string[]
  /** The prefixes of its config files' names. */
  readonly configs: readonly string[]
  /** The file for the line if there is no config file. */
  readonly file: string
  /** Whether the line goes into an existing config file. */
  readonly intoConfig: boolean
  readonly line: (folder: string) => string
}

const TOOLS: readonly Tool[] = [
  {
    packages: ['prettier'],
    configs: ['.prettierrc', 'prettier.config.'],
    file: '.prettierignore',
    intoConfig: false,
    line: (folder) => `${folder}/`,
  },
  {
    packages: ['eslint'],
    configs: ['eslint.config.'],
    file: 'eslint.config.js',
    intoConfig: true,
    line: (folder) => `{ ignores: ['${folder}/**'] },`,
  },
  {
    packages: ['@biomejs/biome'],
    configs: ['biome.json'],
    file: 'biome.json',
    intoConfig: true,
    line: (folder) => `"files": { "includes": ["**", "!${folder}"] }`,
  },
  {
    packages: ['oxlint'],
    configs: ['.oxlintrc.json'],
    file: '.oxlintrc.json',
    intoConfig: true,
    line: (folder) => `"ignorePatterns": ["${folder}"]`,
  },
  {
    packages: ['oxfmt'],
    configs: ['.oxfmtrc.json'],
    file: '.oxfmtrc.json',
    intoConfig: true,
    line: (folder) => `"ignorePatterns": ["${folder}"]`,
  },
]

/** A line that the user should add to a file. */
export interface FileLine {
  readonly file: string
  readonly line: string
}

/**
 * Returns the lines that make linters and formatters ignore the store. Its files pass their default rules, but a
 * project's own settings may be stricter.
 *
 * @param folder the store's folder from the root, with `/`.
 */
export function linterIgnores(project: ProjectFiles, folder: string): FileLine[] {
  return TOOLS.flatMap((tool) => {
    const config = project.names.find((name) =>
      tool.configs.some((start) => name.startsWith(start)),
    )
    const isUsed =
      config !== undefined || tool.packages.some((name) => project.dependencies.has(name))
    // ESLint with an `.eslintrc` ignores folders whose names start with a dot.
    const isOldEslint = tool.file.startsWith('eslint') && config === undefined
    if (!isUsed || isOldEslint) return []
    const file = tool.intoConfig ? (config ?? tool.file) : tool.file
    return project.read(file).includes(folder) ? [] : [{ file, line: tool.line(folder) }]
  })
}

/** Returns the line that keeps API keys out of git, unless a .gitignore of the repository already does. */
export function secretIgnores({ root }: ProjectFiles): FileLine[] {
  const patterns = foldersInRepository(root)
    .map((folder) => readFileIfThere(path.join(folder, '.gitignore'))?.toString('utf8') ?? '')
    .flatMap((text) => text.split(/\r?\n/))
    .map((line) => line.trim().replace(/^(?:\*\*)?\//, ''))
  const isIgnored = patterns.some((pattern) => matches(pattern, '.env.local'))
  return isIgnored ? [] : [{ file: '.gitignore', line: '.env*.local' }]
}

/** The project's folder and its parents, up to the root of the git repository. */
function foldersInRepository(root: string): string[] {
  const folders = [root]
  for (let folder = root; !existsSync(path.join(folder, '.git'));) {
    const parent = path.dirname(folder)
    // Without a repository, only the project's own file counts.
    if (parent === folder) return [root]
    folders.push(parent)
    folder = parent
  }
  return folders
}

/** Whether a line of .gitignore matches a file in the root. Character classes are not supported. */
function matches(pattern: string, name: string): boolean {
  if (pattern === '' || pattern.startsWith('#') || pattern.startsWith('!')) return false
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${source.replaceAll('?', '.')}$`).test(name)
}
