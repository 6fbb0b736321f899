import { fileURLToPath } from 'node:url'
import { turbopackUrl } from '../../emit/hosts.ts'
import type { HostFacts } from '../session/host-facts.ts'

/** The file that Turbopack runs, absolute. */
export const TURBOPACK_LOADER: string = fileURLToPath(new URL('../turbopack.js', import.meta.url))

/**
 * What Next with Turbopack knows of a project.
 *
 * @param folder Next's, absolute.
 */
export function turbopackFacts(folder: string, isBuild: boolean): HostFacts {
  return {
    start: folder,
    mode: isBuild ? 'production' : 'development',
    isBuild,
    isLive: !isBuild,
    urlOf: turbopackUrl(TURBOPACK_LOADER),
    keepsModules: true,
  }
}
