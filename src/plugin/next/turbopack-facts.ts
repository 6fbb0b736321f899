import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
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

/**
 * Turbopack: a loader gives it the bytes. It believes what it has once seen of a folder, and would not find a file there
 * that came while it builds. Import attributes make the bytes a file of that name, whatever rules there are for its
 * ending.
 *
 * @param loader the loader's own file, absolute: with a query it stands for the rendition, too.
 */
export function turbopackUrl(loader: string): (folder: string) => AssetUrlOf {
  return (folder) => {
    const turbopackLoader = relativeSpecifier(folder, loader)
    return ({ file }, variable) => {
      const name = path.basename(file)
      const rendition = relativeSpecifier(path.dirname(loader), file)
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
}
