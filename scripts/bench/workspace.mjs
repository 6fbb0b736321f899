import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Kept from run to run: what is installed for a comparison. */
export const KEPT = path.join(root, 'node_modules/.cache/bench')

/**
 * Where everything is measured. It is gone in the end.
 *
 * @typedef {object} Workspace
 * @property {string} package the built package, a copy that no later build changes
 * @property {string} cli its command line
 * @property {(file: string) => string} module the URL of one of its modules, by its path in `src`
 * @property {(name: string, files: Readonly<Record<string, string | Uint8Array>>) => Project} project
 * @property {() => void} remove
 */

/**
 * A folder like a user's, with the package and Vite installed.
 *
 * @typedef {object} Project
 * @property {string} folder
 * @property {(name: string) => string} file
 * @property {(files: Readonly<Record<string, string | Uint8Array>>) => void} write
 * @property {(...names: string[]) => void} clear removes files and folders
 * @property {string} peakFile see `run`
 * @property {() => void} remove
 */

/** @returns {Workspace} */
export function createWorkspace() {
  mkdirSync(path.join(root, 'node_modules/.cache'), { recursive: true })
  // Inside node_modules, so that what is built finds its dependencies.
  const home = mkdtempSync(path.join(root, 'node_modules/.cache/bench-'))
  const outer = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-bench-')))
  for (const built of ['dist', '.build/modules']) {
    cpSync(path.join(root, built), path.join(home, built), { recursive: true })
  }
  cpSync(path.join(root, 'package.json'), path.join(home, 'package.json'))
  return {
    package: home,
    cli: path.join(home, 'dist/cli/main.js'),
    module: (file) => path.join(home, '.build/modules', file),
    project(name, files) {
      const folder = mkdtempSync(path.join(outer, `${name}-`))
      const file = (/** @type {string} */ other) => path.join(folder, other)
      const project = {
        folder,
        file,
        peakFile: path.join(outer, `${path.basename(folder)}.peak`),
        write(/** @type {Readonly<Record<string, string | Uint8Array>>} */ tree) {
          for (const [other, content] of Object.entries(tree)) {
            mkdirSync(path.dirname(file(other)), { recursive: true })
            writeFileSync(file(other), content)
          }
        },
        clear(/** @type {string[]} */ ...names) {
          for (const other of names) rmSync(file(other), { recursive: true, force: true })
        },
        remove: () => rmSync(folder, { recursive: true, force: true }),
      }
      project.write({
        'package.json': '{"name":"measured","private":true,"type":"module"}',
        ...files,
      })
      mkdirSync(file('node_modules'))
      symlinkSync(home, file('node_modules/unplugin-imagegen'))
      symlinkSync(path.join(root, 'node_modules/vite'), file('node_modules/vite'))
      return project
    },
    remove() {
      for (const folder of [home, outer]) rmSync(folder, { recursive: true, force: true })
    },
  }
}
