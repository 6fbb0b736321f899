import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Started as a thread by a module beside it, not imported. */
const WORKER = 'chunks/parse-worker'

/**
 * Joins the modules into a file for each entry of package.json, and chunks of what several of them use: a start loads
 * a dozen files, not 170. What is imported when asked for stays apart; packages stay packages.
 *
 * @param {string} modules
 * @param {string} destination
 * @returns {Promise<void>}
 */
export async function bundle(modules, destination) {
  const entries = Object.fromEntries(entryNames().map((name) => [name, path.join(modules, name)]))
  const build = await rolldown({
    input: { ...entries, [WORKER]: path.join(modules, 'manifest/read/parse-worker.js') },
    cwd: modules,
    platform: 'node',
    external: /^[^./]/,
  })
  try {
    const { output } = await build.write({ dir: destination, chunkFileNames: 'chunks/[name].js' })
    for (const file of output) {
      if (file.type === 'chunk') expectNeighbours(path.join(destination, file.fileName), file.code)
    }
  } finally {
    await build.close()
  }
}

/** @returns {string[]} paths in `dist`, without their extension */
function entryNames() {
  const { bin, exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const targets = [...Object.values(bin), ...Object.values(exports).map((entry) => entry.default)]
  return targets.flatMap((target) => /dist\/(.+)\.js$/.exec(target ?? '')?.[1] ?? [])
}

/**
 * Files that a module finds by their place beside it must be there from where it is now.
 *
 * @param {string} file
 * @param {string} code
 */
function expectNeighbours(file, code) {
  for (const [, place = ''] of code.matchAll(/new URL\(['"](\.[^'"]+)['"], import\.meta\.url\)/g)) {
    const isThere = existsSync(path.resolve(path.dirname(file), place))
    if (!isThere) throw new Error(`${file} looks for ${place}, which is not there.`)
  }
}
