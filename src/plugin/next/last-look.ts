import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { plainError } from '../plain-error.ts'
import {
  type OutputFile,
  type ProjectManifests,
  publishedError,
  refusePublished,
} from '../published-manifests.ts'
import { isNamedByUrl } from '../reference-place.ts'

/** Files of a build that may hold a manifest. Turbopack appends a hash and the extension of our loader's output. */
const READ = /\.(?:[cm]?js|css|html?|svg|json|webmanifest|xml|ya?ml)$/i

/** A manifest's module as a file: `new URL()` and CSS make Turbopack emit what the loader returned. */
const EMITTED_MODULE = /^(.+\.image\.ya?ml)\.[^/]*\.js$/i

/**
 * Checks what Next has written for browsers, once it has compiled.
 *
 * @param distDir Next's output, absolute.
 * @throws if a manifest is in it.
 */
export function lookAtOutput(distDir: string, project: ProjectManifests | undefined): void {
  const folder = path.join(distDir, 'static')
  if (project === undefined || !existsSync(folder)) return
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => READ.test(name))
    .map(toPosix)
    .sort()
  try {
    for (const name of names) refuseEmittedModule(name, project)
    refusePublished(project, outputsIn(folder, names), () => [])
  } catch (error) {
    throw error instanceof ImagegenError ? plainError(error.message) : error
  }
}

function* outputsIn(folder: string, names: readonly string[]): Iterable<OutputFile> {
  for (const name of names) {
    yield {
      name: `static/${name}`,
      content: readFileSync(path.join(folder, name)),
      isForBrowsers: true,
    }
  }
}

function refuseEmittedModule(name: string, { root, manifests }: ProjectManifests): void {
  const [, base] = EMITTED_MODULE.exec(path.posix.basename(name)) ?? []
  if (base === undefined) return
  const files = manifests.map(({ file }) => file).filter((file) => path.basename(file) === base)
  const manifest = files.find((file) => isNamedByUrl(file, root)) ?? files[0]
  if (manifest === undefined) return
  throw publishedError({ manifest, way: `as static/${name}`, what: 'module' }, root, [])
}
