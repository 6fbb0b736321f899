import { warningsOf, type Manifest } from '../manifest/manifest.ts'
import { formatProblem } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'

/**
 * Logs the warnings of manifests, each once: a dev server reads its manifests again and again.
 *
 * @returns what is called with the manifests that were read.
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
