import path from 'node:path'
import { formatModuleId, parseModuleId, publishingQuery, splitQuery } from '../module-id.ts'
import { plainly } from '../plain-error.ts'
import { publishedQueryError } from '../published-manifests.ts'
import type { Session } from '../session/session.ts'

/** Which modules this plugin answers for, in hosts that ask every plugin for every module: there may be two of ours. */
export interface Claims {
  /**
   * The module id of a request, where the session finds its manifest. Where none does, `load` says so.
   *
   * @param consumer what a server runs is not published: there, code may ask for the text of a manifest.
   * @throws ImagegenError where a request would put a manifest's own text into what a browser loads.
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

/** As the hosts of Rollup's kind resolve. In Vite's dev server there is no `external` at all. */
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
      if (importer !== undefined && claimed.has(importer)) {
        const [manifest] = splitQuery(importer)
        // A manifest asks for its own images, and for no other file: there may be thousands of them.
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

/** @throws ImagegenError where a request would put a manifest's own text into the output. */
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
