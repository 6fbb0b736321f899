import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Connect, ResolvedConfig } from 'vite'
import { ImagegenError } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { MANIFEST_ID, splitQuery } from '../module-id.ts'
import type { UrlSupport } from '../published-manifests.ts'
import { placeOfReference } from '../reference-place.ts'
import type { Session } from '../session/session.ts'

/** What browsers ask for when an element shows a file. */
const MEDIA = /^(?:image|video|audio|track|object|embed)$/

/**
 * Reports a manifest that a page of the dev server loads as a picture: its URL was written where the plugin does not see
 * it, such as in a Sass partial. A build fails there.
 *
 * Requests of people and of code are left to Vite: a manifest is a source file like any other.
 */
export function refuseAsPicture(
  session: Session,
  { root, base, publicDir }: Pick<ResolvedConfig, 'root' | 'base' | 'publicDir'>,
  support: UrlSupport,
  tell: (problem: ImagegenError) => void,
): Connect.NextHandleFunction {
  async function answer(address: string, response: Response, next: () => void): Promise<void> {
    const below = address.startsWith(base) ? address.slice(base.length) : address
    const file = fileAt(below, root)
    // Without options there is no plugin, and Vite has shown why.
    const isIncluded = await session.includes(file).catch(() => false)
    const isFile = existsSync(file) || isPublic(below)
    const manifest = isFile ? file : namesakeOf(file)
    if (manifest === undefined || (isFile && !isIncluded)) {
      next()
      return
    }
    const problem = pictureProblem(manifest, root, support)
    tell(problem)
    response.writeHead(404, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
    response.end(problem.message)
  }

  function isPublic(address: string): boolean {
    return publicDir !== '' && existsSync(path.join(publicDir, address))
  }

  /** The manifest that a relative URL means if a compiler left it as it is: browsers take it from the page on. */
  function namesakeOf(file: string): string | undefined {
    const { manifests = [] } = session.manifests() ?? {}
    const name = path.basename(file)
    return manifests.find((manifest) => path.basename(manifest.file) === name)?.file
  }

  return (request, response, next) => {
    const [address] = splitQuery(request.originalUrl ?? request.url ?? '')
    const isPicture =
      MEDIA.test(`${request.headers['sec-fetch-dest']}`) && MANIFEST_ID.test(address)
    if (isPicture) void answer(address, response, next)
    else next()
  }
}

type Response = Parameters<Connect.NextHandleFunction>[1]

function pictureProblem(
  manifest: string,
  root: string,
  { isHandled, advice }: UrlSupport,
): ImagegenError {
  const place = placeOfReference(manifest, [], root, isHandled)
  return new ImagegenError('manifest', {
    message: `A page loads ${toPosix(path.relative(root, manifest))} as a picture, and it is a manifest.`,
    ...(place === undefined ? {} : { place }),
    hint: advice(place, manifest),
  })
}

/** The file of a path below the base. */
function fileAt(address: string, root: string): string {
  const decoded = decodedPath(address)
  const [, outside] = /^\/?@fs(\/.*)$/.exec(decoded) ?? []
  return outside === undefined ? path.join(root, decoded) : path.normalize(outside)
}

function decodedPath(address: string): string {
  try {
    return decodeURI(address)
  } catch {
    // A literal percent sign.
    return address
  }
}
