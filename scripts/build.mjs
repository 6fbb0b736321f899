/**
 * Builds `dist`: JavaScript in a few files, declarations, the JSON Schema of manifests, the loose types, and the studio's
 * page.
 *
 * The compiled modules, one for each source, stay in `.build/modules`, for tests and measurements of single parts.
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
import { bundle } from './bundle.mjs'
import { manifestJsonSchema } from './json-schema.mjs'
import { studioPage } from './page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Files that ship as they are: types without code, and components that the user's own tools compile. */
const AS_WRITTEN = [
  'client.d.ts',
  'components/picture.astro',
  'components/picture.svelte',
  'components/svelte.js',
  'components/svelte.d.ts',
]

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
  const modules = path.join(staging, 'modules')
  const dist = path.join(staging, 'dist')
  try {
    compile(modules, dist, check)
    await bundle(modules, dist)
    mkdirSync(path.join(dist, 'studio'), { recursive: true })
    writeFileSync(path.join(dist, 'studio/page.html'), await studioPage())
    for (const file of AS_WRITTEN) {
      copyFileSync(path.join(root, 'src', file), path.join(dist, file))
    }
    writeFileSync(path.join(dist, 'schema.json'), await manifestJsonSchema(modules))
    chmodSync(path.join(dist, 'cli/main.js'), 0o755)
    publish(modules, path.join(root, '.build/modules'))
    publish(dist, path.join(root, 'dist'))
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * @param {string} modules where JavaScript goes
 * @param {string} declarations where types go
 * @param {boolean} check
 */
function compile(modules, declarations, check) {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const project = ['-p', path.join(root, 'tsconfig.build.json')]
  const options = [...project, '--outDir', modules, '--declarationDir', declarations]
  execFileSync(process.execPath, [tsc, ...options, ...(check ? [] : ['--noCheck'])], {
    stdio: 'inherit',
  })
}

/**
 * Readers see the old file or the new one, never a part; a file that did not change is left alone.
 *
 * @param {string} folder
 * @param {string} destination
 */
function publish(folder, destination) {
  const built = filesIn(folder)
  mkdirSync(destination, { recursive: true })
  for (const file of built) {
    const source = path.join(folder, file)
    const target = path.join(destination, file)
    if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue
    mkdirSync(path.dirname(target), { recursive: true })
    renameSync(source, target)
  }
  for (const file of filesIn(destination)) {
    if (!built.includes(file)) rmSync(path.join(destination, file), { force: true })
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
