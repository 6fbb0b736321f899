/**
 * Builds `dist`: JavaScript and declarations by tsc, the JSON Schema of manifests, and the loose types.
 *
 *     node scripts/build.mjs              checks the types too
 *     node scripts/build.mjs --no-check   for tests, which do not wait for the type checker
 *     node scripts/build.mjs --watch      again after every change in src
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { manifestJsonSchema } from './json-schema.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = path.join(root, 'dist')

/**
 * Everything is made in a folder of its own and published file by file, so that builds may run side by side and
 * under programs that read `dist`.
 *
 * @param {{ check: boolean }} options
 * @returns {Promise<void>}
 */
async function build({ check }) {
  mkdirSync(path.join(root, '.build'), { recursive: true })
  const staging = mkdtempSync(path.join(root, '.build', 'dist-'))
  try {
    compile(staging, check)
    copyFileSync(path.join(root, 'src/client.d.ts'), path.join(staging, 'client.d.ts'))
    writeFileSync(path.join(staging, 'schema.json'), await manifestJsonSchema(staging))
    chmodSync(path.join(staging, 'cli/main.js'), 0o755)
    publish(staging)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @param {boolean} check
 */
function compile(folder, check) {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const options = ['-p', path.join(root, 'tsconfig.build.json'), '--outDir', folder]
  execFileSync(process.execPath, [tsc, ...options, ...(check ? [] : ['--noCheck'])], {
    stdio: 'inherit',
  })
}

/**
 * Readers see the old file or the new one, never a part; a file that did not change is left alone.
 *
 * @param {string} folder
 */
function publish(folder) {
  const built = filesIn(folder)
  for (const file of built) {
    const source = path.join(folder, file)
    const target = path.join(dist, file)
    if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue
    mkdirSync(path.dirname(target), { recursive: true })
    renameSync(source, target)
  }
  for (const file of filesIn(dist)) {
    if (!built.includes(file)) rmSync(path.join(dist, file), { force: true })
  }
}

/**
 * @param {string} folder
 * @returns {string[]} paths from the folder
 */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

/**
 * What went wrong stands on standard error already where the compiler found it.
 *
 * @param {{ check: boolean }} options
 * @returns {Promise<boolean>} whether it went well
 */
async function tryToBuild(options) {
  try {
    await build(options)
    return true
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}

async function buildOnChange() {
  let running = false
  let changed = true
  const next = async () => {
    if (running) return
    running = true
    while (changed) {
      changed = false
      if (await tryToBuild({ check: true }))
        console.log(`built at ${new Date().toLocaleTimeString()}`)
    }
    running = false
  }
  watch(path.join(root, 'src'), { recursive: true }, () => {
    changed = true
    void next()
  })
  await next()
}

if (process.argv.includes('--watch')) {
  await buildOnChange()
} else if (!(await tryToBuild({ check: !process.argv.includes('--no-check') }))) {
  process.exitCode = 1
}
