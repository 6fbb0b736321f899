import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { readFileIfThere, toPosix } from '../../shared/files.ts'
import { isRecord } from '../../shared/record.ts'
import { parseJsonWithComments } from './json-with-comments.ts'

/** The tsconfig file that decides how a project's own code is checked, with what it inherits through `extends`. */
export interface TypeScriptConfig {
  /** Its path from the project's root, with `/`. */
  readonly name: string
  /** Its folder, absolute. */
  readonly folder: string
  readonly allowsArbitraryExtensions: boolean
  /** `undefined` where TypeScript's default holds. */
  readonly types: readonly string[] | undefined
  /** Absolute folders. */
  readonly rootDirs: readonly string[] | undefined
  readonly paths: Readonly<Record<string, readonly string[]>> | undefined
  /** What the targets in `paths` start from, absolute. */
  readonly pathsFolder: string
  /** What targets in this file's own `paths` start from, absolute. */
  readonly ownPathsFolder: string
}

/** Extends and references are followed this far, which is further than anybody goes on purpose. */
const DEEPEST = 20

/**
 * Reads tsconfig.json, or the file among its `references` that includes the project's code.
 *
 * @param code folders from the root in which code imports manifests, with `/`.
 * @returns nothing where there is no tsconfig.json.
 */
export function readTypeScriptConfig(
  root: string,
  code: readonly string[],
): TypeScriptConfig | undefined {
  const main = path.join(root, 'tsconfig.json')
  if (!existsSync(main)) return undefined
  const found = [main, ...referencesOf(main, 0)].find((file) => includesAny(file, root, code))
  return describe(root, found ?? main)
}

function describe(root: string, file: string): TypeScriptConfig {
  const chain = chainOf(file, 0)
  /** The nearest value of an option, with the folder of the file that holds it. */
  const option = (name: string): { readonly value: unknown; readonly folder: string } => {
    const holder = chain.find(({ options }) => options[name] !== undefined)
    return { value: holder?.options[name], folder: path.dirname(holder?.file ?? file) }
  }
  const rootDirs = option('rootDirs')
  const paths = option('paths')
  const baseUrl = option('baseUrl')
  const base =
    typeof baseUrl.value === 'string' ? path.resolve(baseUrl.folder, baseUrl.value) : undefined
  return {
    name: toPosix(path.relative(root, file)),
    folder: path.dirname(file),
    allowsArbitraryExtensions: option('allowArbitraryExtensions').value === true,
    types: texts(option('types').value),
    rootDirs: texts(rootDirs.value)?.map((folder) => path.resolve(rootDirs.folder, folder)),
    paths: isRecord(paths.value)
      ? Object.fromEntries(
          Object.entries(paths.value).map(([name, targets]) => [name, texts(targets) ?? []]),
        )
      : undefined,
    pathsFolder: base ?? paths.folder,
    ownPathsFolder: base ?? path.dirname(file),
  }
}

interface Link {
  readonly file: string
  readonly options: Readonly<Record<string, unknown>>
}

/** The file and what it extends, the nearest first: of several bases the last one wins. */
function chainOf(file: string, depth: number): readonly Link[] {
  if (depth > DEEPEST) return []
  const config = readConfig(file)
  const options = isRecord(config['compilerOptions']) ? config['compilerOptions'] : {}
  const bases = texts(config['extends']) ?? texts([config['extends']]) ?? []
  return [
    { file, options },
    ...bases
      .toReversed()
      .map((base) => locateBase(base, file))
      .filter((base) => base !== undefined)
      .flatMap((base) => chainOf(base, depth + 1)),
  ]
}

/** A base that is not there yet, such as one that a framework writes, says nothing. */
function locateBase(base: string, file: string): string | undefined {
  if (base.startsWith('.') || path.isAbsolute(base)) {
    const target = path.resolve(path.dirname(file), base)
    return [target, `${target}.json`].find((each) => isFile(each))
  }
  const require = createRequire(file)
  for (const name of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      return require.resolve(name)
    } catch {
      // Not under this name, or not installed.
    }
  }
  return undefined
}

function referencesOf(file: string, depth: number): string[] {
  const references = readConfig(file)['references']
  if (depth > DEEPEST || !Array.isArray(references)) return []
  return references.flatMap((reference: unknown) => {
    const target = isRecord(reference) ? reference['path'] : undefined
    if (typeof target !== 'string') return []
    const place = path.resolve(path.dirname(file), target)
    const config = isFile(place) ? place : path.join(place, 'tsconfig.json')
    return isFile(config) ? [config, ...referencesOf(config, depth + 1)] : []
  })
}

/** Whether a file's `include` reaches into one of the folders. Without `include` and `files` it includes everything. */
function includesAny(file: string, root: string, code: readonly string[]): boolean {
  const config = readConfig(file)
  const include = texts(config['include'])
  if (include === undefined) {
    const references = config['references']
    const isSolution = Array.isArray(references) && references.length > 0
    return config['files'] === undefined && !(isSolution && isEmpty(config['compilerOptions']))
  }
  return include.some((pattern) =>
    code.some((folder) => mayReach(path.resolve(path.dirname(file), pattern), root, folder)),
  )
}

function mayReach(pattern: string, root: string, folder: string): boolean {
  const wild = pattern.search(/[*?]/)
  const fixed = wild === -1 ? pattern : path.dirname(`${pattern.slice(0, wild)}x`)
  // A single file of code is no folder of code.
  if (wild === -1 && /\.[^/\\.]+$/.test(pattern)) return false
  const target = path.join(root, folder)
  if (!isInside(fixed, target) && !isInside(target, fixed)) return false
  // `*.config.ts` stays in its own folder.
  return wild === -1 || pattern.includes('**') || path.relative(fixed, target) === ''
    ? !/[*?.]config\.[^/\\]*$/.test(pattern)
    : false
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  return !relative.startsWith('..') && !path.isAbsolute(relative)
}

function readConfig(file: string): Record<string, unknown> {
  const config = parseJsonWithComments(readFileIfThere(file)?.toString('utf8') ?? '')
  return isRecord(config) ? config : {}
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
}

function isEmpty(value: unknown): boolean {
  return !isRecord(value) || Object.keys(value).length === 0
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}
