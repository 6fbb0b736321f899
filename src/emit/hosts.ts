import path from 'node:path'
import { toPosix } from '../shared/files.ts'
import type { AssetUrlOf } from './module.ts'

/**
 * Vite in dev, build and SSR: its own `?url` honours base, `renderBuiltUrl` and library mode. `no-inline` keeps files
 * under `assetsInlineLimit` from becoming strings.
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
    const specifier = relativeSpecifier(folder, file)
    return {
      statement: `import ${variable} from ${JSON.stringify(`${specifier}.webpack[asset/resource]!=!${specifier}`)}`,
      expression: variable,
    }
  }
}

function relativeSpecifier(folder: string, file: string): string {
  const relative = toPosix(path.relative(folder, file))
  // Another drive has no relative path; a folder such as `.cache` is not one yet.
  if (path.isAbsolute(relative) || relative.startsWith('../')) return relative
  return `./${relative}`
}
