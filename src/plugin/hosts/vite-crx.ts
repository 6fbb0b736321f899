import path from 'node:path'
import type { ResolvedConfig } from 'vite'
import { toPosix } from '../../shared/files.ts'

/** What crxjs calls on all plugins of its dev server. */
export interface CrxHooks {
  /** Changes a script before it is written. */
  renderCrxDevScript(code: string): string
}

/**
 * A script as the dev server of crxjs writes it into the extension's folder. Beside each request that starts its query
 * with `?import`, crxjs copies the file itself: of a manifest, that would be its prompts. In another order the query
 * means the same to Vite.
 *
 * @see https://github.com/crxjs/chrome-extension-tools/blob/main/packages/vite-plugin/src/node/fileWriter.ts `write`
 */
export function withoutCopiedManifests(code: string): string {
  return code.replaceAll(/(\.image\.ya?ml)\?import&(imagegen\b[^"'`\s]*)/gi, '$1?$2&import')
}

/**
 * Why the dev server of crxjs shows no pictures; undefined if it does, or if the project does not use it. crxjs renames
 * what it copies from below node_modules, while the URLs of pictures keep the old name.
 *
 * @param renditions the folder of the renditions, absolute.
 */
export function crxCacheProblem(
  { plugins, root }: Pick<ResolvedConfig, 'plugins' | 'root'>,
  renditions: string,
): string | undefined {
  if (!plugins.some(({ name }) => name.startsWith('crx:'))) return undefined
  const cacheDir = toPosix(path.relative(root, path.dirname(renditions)))
  if (!/(?:^|\/)node_modules\//.test(`${cacheDir}/`)) return undefined
  return `The dev server of crxjs cannot show pictures from ${cacheDir}: it renames the files below node_modules. Set the option \`cacheDir\` to another folder, such as \`cacheDir: 'imagegen-cache'\`.`
}
