import path from 'node:path'
import { formatModuleId, parseModuleId, publishingQuery, splitQuery } from '../module-id.ts'
import { plainly } from '../plain-error.ts'
import { publishedQueryError } from '../published-manifests.ts'
import type { Session } from '../session/session.ts'

/** Which modules this plugin answers for. Hosts ask every plugin for every module, and a project may use this one twice. */
export interface Claims {
  /**
   * The module id of a request, if the session includes its manifest. If no session does, `load` reports it.
   *
   * @param consumer code for a server is not published, so it may load the text of a manifest.
   * @throws ImagegenError if a request would publish a manifest's text to browsers.
   */
  resolve(
    request: string,
    importer: string | undefined,
    session: Session,
    resolveFile: (specifier: string) => Promise<ResolvedFile | null>,
    consumer: 'client' | 'server',
  ): Promise<string | undefined>
  /** Whether to answer for a module id. */
  has(id: string, session: Session): Promise<boolean>
}

/** What Rollup, Rolldown and Vite resolve to. Vite's dev server sets no `external`. */
interface ResolvedFile {
  readonly id: string
  readonly external?: boolean | 'absolute' | 'relative'
}

export function createClaims(): Claims {
  const claimed = new Set<string>()
  return {
    async resolve(request, importer, session, resolveFile, consumer) {
      const ours = parseModuleId(request)
      if (ours === undefined) {
        if (consumer === 'client') {
          await plainly(refuseQuery(request, importer, session, resolveFile))
        }
        return undefined
      }
      const [manifest] = splitQuery(importer ?? '')
      // A manifest imports only its own images, possibly thousands, so nothing needs to be resolved. Vite also resolves
      // the files that a module watches, which may be other manifests.
      const isOwn = ours.image !== undefined || ours.file === path.normalize(manifest)
      if (importer !== undefined && claimed.has(importer) && isOwn) {
        const id = formatModuleId({ file: manifest, image: ours.image })
        claimed.add(id)
        return id
      }
      const resolved = await resolveFile(splitQuery(request)[0])
      if (resolved === null || resolved.external) return undefined
      const [file] = splitQuery(resolved.id)
      if (!(await plainly(session.includes(path.normalize(file))))) return undefined
      const id = formatModuleId({ file, image: ours.image })
      claimed.add(id)
      return id
    },

    async has(id, session) {
      if (claimed.has(id)) return true
      const ours = parseModuleId(id)
      if (ours === undefined) return false
      const isResolved = id === formatModuleId(ours)
      // Rollup's cache remembers what was resolved in an earlier process.
      return !isResolved || session.includes(ours.file)
    },
  }
}

/** @throws ImagegenError if a request would put a manifest's text into the output. */
async function refuseQuery(
  request: string,
  importer: string | undefined,
  session: Session,
  resolveFile: (specifier: string) => Promise<ResolvedFile | null>,
): Promise<void> {
  const query = publishingQuery(request)
  if (query === undefined) return
  const resolved = await resolveFile(splitQuery(request)[0])
  if (resolved === null || resolved.external) return
  const file = path.normalize(splitQuery(resolved.id)[0])
  if (await session.includes(file)) throw publishedQueryError(query, file, session, importer)
}
