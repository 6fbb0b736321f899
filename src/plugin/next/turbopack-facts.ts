import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
import { sampleCode } from '../hosts/module-code.ts'
import type { HostFacts } from '../session/host-facts.ts'

/** The file that Turbopack runs, absolute. */
export const TURBOPACK_LOADER: string = fileURLToPath(new URL('../turbopack.js', import.meta.url))

/**
 * What Next with Turbopack knows of a project.
 *
 * @param folder Next's folder, absolute.
 */
export function turbopackFacts(folder: string, kind: 'build' | 'live'): HostFacts {
  return {
    start: folder,
    mode: kind === 'build' ? 'production' : 'development',
    kind,
    keepsModules: true,
    // Beside the loader: its path from the project differs from machine to machine.
    sampleCode: sampleCode(path.dirname(TURBOPACK_LOADER), turbopackUrl),
  }
}

/**
 * Turbopack: a loader provides the bytes. Turbopack caches folder listings, and would not find a file that appears
 * during a build. Import attributes make the bytes a file of that name, whatever rules exist for its extension.
 */
export function turbopackUrl(folder: string): AssetUrlOf {
  // With a query, the loader's own file stands for the rendition, too.
  const turbopackLoader = relativeSpecifier(folder, TURBOPACK_LOADER)
  return ({ file }, variable) => {
    const name = path.basename(file)
    const rendition = relativeSpecifier(path.dirname(TURBOPACK_LOADER), file)
    const attributes = {
      turbopackLoader,
      turbopackLoaderOptions: JSON.stringify({ rendition }),
      turbopackAs: name,
      turbopackModuleType: 'asset',
    }
    return {
      statement: `import ${variable} from ${JSON.stringify(`${turbopackLoader}?${name}`)} with ${JSON.stringify(attributes)}`,
      expression: variable,
    }
  }
}
