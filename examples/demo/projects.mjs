import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const examples = fileURLToPath(new URL('..', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = path.join(root, 'node_modules')

/** Files of the user's own runs of an example, which the demo does not copy. */
const NOT_COPIED = /^(?:node_modules|dist|\.imagegen|\.env.*|package-lock\.json)$/

/**
 * Copies of the examples, so that building and changing them leaves no trace in the repository.
 *
 * @typedef {object} Projects
 * @property {string} folder absolute
 * @property {(host: 'vite' | 'webpack') => Promise<void>} build rejects with what the bundler printed
 * @property {() => Promise<{ pictures: number, usd: number }>} plan what the first build asks for
 * @property {(manifest: string, before: string, after: string) => Promise<void>} edit
 * @property {string} store absolute
 * @property {() => Promise<string[]>} made the receipts of all pictures ever made, without `.json`, in order
 */

/**
 * @param {string} folder absolute; what is in it already is kept
 * @param {NodeJS.ProcessEnv} env what the builds see
 * @param {AbortSignal} signal
 * @returns {Promise<Projects>}
 */
export async function copyExamples(folder, env, signal) {
  for (const name of ['vite', 'webpack']) await copyExample(name, path.join(folder, name))
  const store = path.join(folder, 'vite/.imagegen')

  /**
   * @param {string} project
   * @param {string} script
   * @param {string[]} [options]
   */
  const run = async (project, script, options = []) => {
    const cwd = path.join(folder, project)
    try {
      return await promisify(execFile)(process.execPath, [script, ...options], { cwd, env, signal })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const { stdout = '', stderr = '' } = /** @type {Partial<Record<string, string>>} */ (error)
      throw new DemoError(`${path.basename(script)} failed in ${cwd}:\n\n${stderr}${stdout}`)
    }
  }

  return {
    folder,
    store,
    async build(host) {
      if (host === 'vite') await run('vite', path.join(modules, 'vite/bin/vite.js'), ['build'])
      else await run('webpack', path.join(examples, 'demo/run-webpack.mjs'))
    },
    async plan() {
      const { stdout } = await run('vite', path.join(root, 'dist/cli/main.js'), ['plan', '--json'])
      return JSON.parse(stdout).summary
    },
    async edit(manifest, before, after) {
      const file = path.join(folder, 'vite/src/pictures', manifest)
      const text = await readFile(file, 'utf8')
      if (!text.includes(before)) throw new DemoError(`${manifest} does not say \`${before}\`.`)
      await writeFile(file, text.replace(before, after))
    },
    async made() {
      const files = await readdir(store).catch(() => /** @type {string[]} */ ([]))
      const receipts = files.filter((file) => file.endsWith('.json'))
      return receipts.map((file) => path.basename(file, '.json')).sort()
    },
  }
}

/** A failure to be shown without a stack trace. */
export class DemoError extends Error {}

/**
 * Dependencies are those of the repository: the copy needs no installation.
 *
 * @param {string} name
 * @param {string} folder
 */
async function copyExample(name, folder) {
  await cp(path.join(examples, name), folder, {
    recursive: true,
    filter: (file) => !NOT_COPIED.test(path.basename(file)),
  })
  const dependencies = path.join(folder, 'node_modules')
  await mkdir(dependencies)
  const links = { 'unplugin-imagegen': root, [name]: path.join(modules, name) }
  for (const [dependency, target] of Object.entries(links)) {
    await symlink(target, path.join(dependencies, dependency), 'junction')
  }
}
