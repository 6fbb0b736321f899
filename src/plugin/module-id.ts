import path from 'node:path'
import { toPosix } from '../shared/files.ts'

/** Ids that may be ours, for the hosts' filters. */
export const MANIFEST_ID: RegExp = /\.image\.ya?ml(?:\?|$)/i

/** Whether a file is the configuration that every host and the command line read. */
export function isConfigFile(file: string): boolean {
  return /[/\\]imagegen\.config\.(?:ts|js|mjs|json)$/.test(file)
}

/** The query that sets our modules apart, so that a YAML plugin in the same project leaves them alone. */
const FLAG = 'imagegen'

/** Queries that ask the host for the file's own text or URL: those would publish the prompts. */
const PUBLISHING = ['raw', 'url', 'inline'] as const

/** Queries that ask the host for something else than a module of ours. */
const NOT_OURS = [...PUBLISHING, 'worker', 'sharedworker']

/** What a module id says: a manifest, or one image of it. */
export interface ModuleId {
  /** Absolute, in the system's own spelling. */
  readonly file: string
  /** Nothing: the manifest's own module. */
  readonly image: string | undefined
}

/** Reads a module id or a request; nothing where it is not ours. */
export function parseModuleId(id: string): ModuleId | undefined {
  if (!MANIFEST_ID.test(id)) return undefined
  const [file, query] = splitQuery(id)
  const parameters = new URLSearchParams(query)
  if (NOT_OURS.some((name) => parameters.has(name))) return undefined
  return { file: path.normalize(file), image: parameters.get('image') ?? undefined }
}

/** The query by which a request asks for a manifest's own text or URL: `raw`, `url` or `inline`. */
export function publishingQuery(id: string): string | undefined {
  if (!MANIFEST_ID.test(id)) return undefined
  const parameters = new URLSearchParams(splitQuery(id)[1])
  return PUBLISHING.find((name) => parameters.has(name))
}

/** The module id on hosts that keep the query. With `/` on every system, as Vite and Rollup have their ids. */
export function formatModuleId({ file, image }: ModuleId): string {
  const part = image === undefined ? '' : `&image=${encodeURIComponent(image)}`
  return `${toPosix(file)}?${FLAG}${part}`
}

/** A path and what stands behind its `?`. */
export function splitQuery(id: string): [file: string, query: string] {
  const mark = id.indexOf('?')
  return mark < 0 ? [id, ''] : [id.slice(0, mark), id.slice(mark + 1)]
}
