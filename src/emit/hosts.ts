import path from 'node:path'
import { toPosix } from '../shared/files.ts'
import type { AssetUrlOf } from './module.ts'

/**
 * Vite's dev server: it serves files where they are. Without `no-inline` small ones would become strings.
 *
 * @param folder the manifest's: absolute paths would end in source maps.
 */
export function viteUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(`${relativeSpecifier(folder, file)}?url&no-inline`)}`,
    expression: variable,
  })
}

/**
 * webpack and Rspack: an inline match resource makes the file an asset whatever rules the user has, and survives the
 * persistent cache and watch rebuilds, where `emitFile` loses the file.
 */
export function webpackUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => {
    const specifier = webpackRequest(relativeSpecifier(folder, file))
    return {
      statement: `import ${variable} from ${JSON.stringify(`${specifier}.webpack[asset/resource]!=!${specifier}`)}`,
      expression: variable,
    }
  }
}

/**
 * Next with webpack: with a query. Of a file that ends like a picture, Next's App Router makes another module for the
 * browser, and so emits every picture of a manifest.
 */
export function nextWebpackUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => {
    const specifier = webpackRequest(relativeSpecifier(folder, file))
    return {
      statement: `import ${variable} from ${JSON.stringify(`${specifier}.webpack[asset/resource]!=!${specifier}?imagegen`)}`,
      expression: variable,
    }
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

/** How webpack and Rspack are asked for a path: a bare `#` would begin a fragment. */
export function webpackRequest(specifier: string): string {
  return specifier.replaceAll('#', '\0#')
}

/** Emits a file and gives the reference by which code may name it. */
export type Emit = (file: string) => string

/**
 * Vite's builds: what its own `?url` comes to in a chunk, and so with base, `renderBuiltUrl` and library mode. A module
 * for each file, which that would need, takes longer than all that we do for it.
 */
export function viteBuildUrl(_folder: string, emit: Emit): AssetUrlOf {
  return ({ file }, variable) => ({
    // Of double quotes: where the URL is known at run time only, Vite ends the text there.
    statement: `const ${variable} = "__VITE_ASSET__${emit(file)}__"`,
    expression: variable,
  })
}

/** Rollup and Rolldown: they emit the file and write its URL for every output format; a plain import fails there. */
export function rollupUrl(_folder: string, emit: Emit): AssetUrlOf {
  return ({ file }) => ({
    statement: '',
    expression: `import.meta.ROLLUP_FILE_URL_${emit(file)}`,
  })
}

/** esbuild: by its name alone. Our own resolver knows the folder, and gives it to the loader `file`. */
export function esbuildUrl(): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(`./${path.basename(file)}`)}`,
    expression: variable,
  })
}

/** Bun: by its name alone, as on esbuild. An attribute makes the file an asset, whatever its ending. */
export function bunUrl(): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(`./${path.basename(file)}`)} with { type: 'file' }`,
    expression: variable,
  })
}

/** Farm: pictures are files there as they are. */
export function farmUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(relativeSpecifier(folder, file))}`,
    expression: variable,
  })
}

function relativeSpecifier(folder: string, file: string): string {
  const relative = toPosix(path.relative(folder, file))
  // Another drive has no relative path; a folder such as `.cache` is not one yet.
  if (path.isAbsolute(relative) || relative.startsWith('../')) return relative
  return `./${relative}`
}
