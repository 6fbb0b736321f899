import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Packages that the project itself does not need, in a folder of their own. */
export interface InstalledPackages {
  readonly folder: string
  /** The default export of a package, whatever kind of module it is. */
  load(name: string): unknown
  /** The file of a package that its name means. */
  resolve(name: string): string
  remove(): void
}

/**
 * Installs packages with npm.
 *
 * @param packages ranges by name.
 * @throws where they cannot be had, with what is wanted.
 */
export function installed(packages: Readonly<Record<string, string>>): InstalledPackages {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-installed-')))
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, devDependencies: packages }),
  )
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) {
    const wanted = Object.entries(packages).map(([name, range]) => `${name}@${range}`)
    throw new Error(`npm could not install ${wanted.join(' ')}: it needs a registry.\n${stderr}`)
  }
  const require = createRequire(path.join(folder, 'package.json'))
  return {
    folder,
    load(name) {
      const loaded = require(name) as { default?: unknown }
      return loaded.default ?? loaded
    },
    resolve: (name) => require.resolve(name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
