import { createRequire } from 'node:module'
import { ImagegenError } from './errors.ts'

/**
 * Refuses a package that is too old. Peer dependencies accept any version, because npm refuses to install beside an
 * optional peer of another version even where nothing uses it. So versions are checked where the package is loaded.
 *
 * @param name the package's name for people.
 * @param version the package's own version; `undefined` where it is too old to state it.
 * @param oldest such as `6` or `16.3`.
 * @param advice what to do now, as a sentence.
 * @throws ImagegenError with code `config`, of one line and without a stack.
 */
export function requireVersion(
  name: string,
  version: string | undefined,
  oldest: string,
  advice: string,
): void {
  if (version !== undefined && isAtLeast(version, oldest)) return
  const error = new ImagegenError('config', {
    message: `unplugin-imagegen needs ${name} ${oldest} or newer; this project has ${version ?? 'an older one'}. ${advice}`,
  })
  // Bundlers print the stack of every caught error.
  error.stack = error.message
  throw error
}

/** Compares as many numbers as `oldest` has; a prerelease counts as its release. */
function isAtLeast(version: string, oldest: string): boolean {
  const has = version.split(/[.+-]/).map(Number)
  for (const [index, wanted] of oldest.split('.').map(Number).entries()) {
    const given = has[index] ?? 0
    if (given !== wanted) return given > wanted
  }
  return true
}

/**
 * The version of a package as seen from a file. `undefined` where it is not found or does not export its package.json.
 *
 * @param importer absolute.
 */
export function installedVersion(name: string, importer: string): string | undefined {
  const require = createRequire(importer)
  try {
    return (require(`${name}/package.json`) as { version: string }).version
  } catch {
    return undefined
  }
}
