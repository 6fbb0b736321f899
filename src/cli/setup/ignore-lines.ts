import { existsSync } from 'node:fs'
import path from 'node:path'
import { readFileIfThere } from '../../shared/files.ts'
import type { ProjectFiles } from './project-files.ts'

/** A tool that reads every file of a project, and how it is told to leave the store alone. */
interface Tool {
  readonly packages: readonly string[]
  /** Its config files, by the start of their names. */
  readonly configs: readonly string[]
  /** Where the line goes if there is no config file. */
  readonly file: string
  /** Whether the line goes into the config file that is there. */
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

/** A line for a file that is not ours. */
export interface FileLine {
  readonly file: string
  readonly line: string
}

/**
 * What keeps linters and formatters out of the store. Its files pass their defaults; a project's own settings may want
 * them otherwise.
 *
 * @param folder the store's, from the root, with `/`.
 */
export function linterIgnores(project: ProjectFiles, folder: string): FileLine[] {
  return TOOLS.flatMap((tool) => {
    const config = project.names.find((name) =>
      tool.configs.some((start) => name.startsWith(start)),
    )
    const isUsed =
      config !== undefined || tool.packages.some((name) => project.dependencies.has(name))
    // ESLint with an `.eslintrc` passes over folders that begin with a dot.
    const isOldEslint = tool.file.startsWith('eslint') && config === undefined
    if (!isUsed || isOldEslint) return []
    const file = tool.intoConfig ? (config ?? tool.file) : tool.file
    return project.read(file).includes(folder) ? [] : [{ file, line: tool.line(folder) }]
  })
}

/** The line that keeps API keys out of git; nothing where one does, here or further up in the repository. */
export function secretIgnores({ root }: ProjectFiles): FileLine[] {
  const patterns = foldersInRepository(root)
    .map((folder) => readFileIfThere(path.join(folder, '.gitignore'))?.toString('utf8') ?? '')
    .flatMap((text) => text.split(/\r?\n/))
    .map((line) => line.trim().replace(/^(?:\*\*)?\//, ''))
  const isIgnored = patterns.some((pattern) => matches(pattern, '.env.local'))
  return isIgnored ? [] : [{ file: '.gitignore', line: '.env*.local' }]
}

/** The project's folder and those above it, up to the one that git knows as the repository. */
function foldersInRepository(root: string): string[] {
  const folders = [root]
  for (let folder = root; !existsSync(path.join(folder, '.git'));) {
    const parent = path.dirname(folder)
    // Without a repository only the project's own file counts.
    if (parent === folder) return [root]
    folders.push(parent)
    folder = parent
  }
  return folders
}

/** Whether a line of .gitignore means a file in the root. Classes of characters are not looked into. */
function matches(pattern: string, name: string): boolean {
  if (pattern === '' || pattern.startsWith('#') || pattern.startsWith('!')) return false
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${source.replaceAll('?', '.')}$`).test(name)
}
