import path from 'node:path'
import { toPosix } from '../shared/files.ts'

/** Matches ids that may belong to the plugin, for the hosts' filters. */
export const MANIFEST_ID: RegExp = /\.image\.ya?ml(?:\?|$)/i

/** Whether a file is the configuration that all hosts and the command line read. */
export function isConfigFile(file: string): boolean {
  return /[/\\]imagegen\.config\.(?:ts|js|mjs|json)$/.test(file)
}

/** The query that marks the plugin's modules, so that a YAML plugin in the same project skips them. */
const FLAG = 'imagegen'

/** Queries that load the file's own text or URL, which would publish the prompts. */
const PUBLISHING = ['raw', 'url', 'inline'] as const

/** Queries for something other than a module of the plugin. */
const NOT_OURS = [...PUBLISHING, 'worker', 'sharedworker']

/** A manifest, or one image of it. */
export interface ModuleId {
  /** Absolute, in the system's own spelling. */
  readonly file: string
  /** Undefined: the manifest's own module. */
  readonly image: string | undefined
}

/** Parses a module id or a request; undefined if the plugin does not answer for it. */
export function parseModuleId(id: string): ModuleId | undefined {
  if (!MANIFEST_ID.test(id)) return undefined
  const [file, query] = splitQuery(id)
  const parameters = new URLSearchParams(query)
  if (NOT_OURS.some((name) => parameters.has(name))) return undefined
  return { file: path.normalize(file), image: parameters.get('image') ?? undefined }
}

/** The query by which a request loads a manifest's own text or URL: `raw`, `url` or `inline`. */
export function publishingQuery(id: string): string | undefined {
  if (!MANIFEST_ID.test(id)) return undefined
  const parameters = new URLSearchParams(splitQuery(id)[1])
  return PUBLISHING.find((name) => parameters.has(name))
}

/** The module id in hosts that keep the query. It has `/` on every system, as ids of Vite and Rollup do. */
export function formatModuleId({ file, image }: ModuleId): string {
  const part = image === undefined ? '' : `&image=${encodeURIComponent(image)}`
  return `${toPosix(file)}?${FLAG}${part}`
}

/** Splits a path from what follows its `?`. */
export function splitQuery(id: string): [file: string, query: string] {
  const mark = id.indexOf('?')
  return mark < 0 ? [id, ''] : [id.slice(0, mark), id.slice(mark + 1)]
}
