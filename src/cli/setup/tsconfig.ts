import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { readFileIfThere, toPosix } from '../../shared/files.ts'
import { isInside } from '../../shared/real-path.ts'
import { isRecord } from '../../shared/record.ts'
import { parseJsonWithComments } from './json-with-comments.ts'

/** The tsconfig file that applies to a project's own code, with the options that it inherits through `extends`. */
export interface TypeScriptConfig {
  /** Path from the project's root, with `/`. */
  readonly name: string
  /** Absolute folder. */
  readonly folder: string
  readonly allowsArbitraryExtensions: boolean
  /** `undefined` for TypeScript's default. */
  readonly types: readonly string[] | undefined
  /** Absolute folders. */
  readonly rootDirs: readonly string[] | undefined
  readonly paths: Readonly<Record<string, readonly string[]>> | undefined
  /** The absolute folder that the targets in `paths` are relative to. */
  readonly pathsFolder: string
  /** The absolute folder that targets in this file's own `paths` are relative to. */
  readonly ownPathsFolder: string
}

/** The deepest chain of `extends` and `references` that is followed. */
const DEEPEST = 20

/**
 * Reads tsconfig.json, or the file among its `references` that includes the project's code.
 *
 * @param code the folders with code that imports manifests, from the root, with `/`.
 * @returns undefined if there is no tsconfig.json.
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
  /** The nearest value of an option, with the folder of the file that sets it. */
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

/** The file and its bases, the nearest first. Of several bases, the last one wins. */
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

/** Resolves a base; undefined if it does not exist yet, such as a file that a framework generates. */
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
      // No such file, or the package is not installed.
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

/** Whether a file's `include` covers one of the folders. Without `include` and `files`, it includes everything. */
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
  // The pattern is a single file.
  if (wild === -1 && /\.[^/\\.]+$/.test(pattern)) return false
  const target = path.join(root, folder)
  if (!isInside(fixed, target) && !isInside(target, fixed)) return false
  // A pattern such as `*.config.ts` does not include other code.
  return wild === -1 || pattern.includes('**') || path.relative(fixed, target) === ''
    ? !/[*?.]config\.[^/\\]*$/.test(pattern)
    : false
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
