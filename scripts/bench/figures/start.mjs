import { execFile } from 'node:child_process'
import { lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { judged } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { environmentOf, run } from '../run.mjs'

const EMPTY = new URL('../programs/empty.mjs', import.meta.url)

/** What sharp brings with it. */
const SHARP =
  /^(?:sharp|@img\/.*|detect-libc|semver|color.*|simple-swizzle|is-arrayish|@emnapi\/.*|tslib)$/

/**
 * How long `imagegen --help` takes, and what is installed.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureStart({ workspace, scale }) {
  const project = workspace.project('start', {})
  const cwd = project.folder
  const all = await rounds(
    { bare: () => run(EMPTY, [], { cwd }), help: () => run(workspace.cli, ['--help'], { cwd }) },
    scale.of(21, 7),
  )
  const row = judged({
    figure: '`imagegen --help`',
    against: 'an empty script of Node',
    values: all.map(({ help, bare }) => help.seconds / bare.seconds),
    unit: '×',
    most: 1.5,
  })
  const installed = await installedSize(workspace, project)
  project.remove()
  return [row, installed]
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {import('../workspace.mjs').Project} project
 * @returns {Promise<import('../row.mjs').Row>}
 */
async function installedSize(workspace, project) {
  const cwd = project.folder
  const npm = async (/** @type {string[]} */ ...args) =>
    (
      await promisify(execFile)('npm', args, {
        cwd,
        env: { ...process.env, ...environmentOf(cwd), HOME: process.env['HOME'] },
      })
    ).stdout
  await npm('pack', workspace.package, '--ignore-scripts', '--silent', '--pack-destination', cwd)
  const tarball = readdirSync(cwd).find((name) => name.endsWith('.tgz')) ?? ''
  project.clear('node_modules')
  await npm(
    'install',
    `./${tarball}`,
    '--omit=dev',
    '--omit=peer',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  )
  const packages = packagesIn(project.file('node_modules'))
  const beside = packages.filter(({ name }) => !SHARP.test(name))
  const own = beside.find(({ name }) => name === 'unplugin-imagegen')
  const megabytes = (/** @type {readonly { bytes: number }[]} */ some) =>
    (some.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)
  return {
    figure: 'what is installed beside sharp',
    against: 'nothing',
    target: 'reported',
    reached: `${megabytes(beside)} MB in ${beside.length} packages, ${megabytes(own === undefined ? [] : [own])} MB of it this one; sharp itself ${megabytes(packages.filter((one) => !beside.includes(one)))} MB`,
    verdict: 'reported',
    ratio: null,
    spread: null,
  }
}

/**
 * @param {string} folder
 * @returns {{ name: string, bytes: number }[]}
 */
function packagesIn(folder) {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(path.join(folder, name)).map((other) => `${name}/${other}`)
        : [name],
    )
    .map((name) => ({ name, bytes: bytesIn(path.join(folder, name)) }))
}

/**
 * @param {string} folder
 * @returns {number}
 */
function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(path.join(entry.parentPath, entry.name)).size, 0)
}
