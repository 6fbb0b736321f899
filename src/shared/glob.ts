import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Loads the glob matcher when the first folder is searched. A dev server listens before it looks for manifests, and
 * loading the matcher takes a sixth of the plugin's own start. It is loaded by `require`, because its callers are
 * synchronous.
 */
export function loadGlob(): typeof import('fast-glob') {
  return require('fast-glob') as typeof import('fast-glob')
}
