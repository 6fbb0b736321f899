import { warningsOf, type Manifest } from '../manifest/manifest.ts'
import { formatProblem } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'

/**
 * Logs each warning of the manifests once, although a dev server reads them repeatedly.
 *
 * @returns a function to call with the manifests after each read.
 */
export function warnOfManifests(logger: Logger): (manifests: readonly Manifest[]) => void {
  const logged = new Set<string>()
  return (manifests) => {
    for (const manifest of manifests) {
      if (manifest.content.warnings === undefined) continue
      for (const warning of warningsOf(manifest).map(formatProblem)) {
        if (!logged.has(warning)) logger.warn(warning)
        logged.add(warning)
      }
    }
  }
}
