import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isRecord } from '../shared/record.ts'

/** The names of a configuration file, in the order of the search. */
export const CONFIG_FILES: readonly string[] = ['ts', 'js', 'mjs', 'json'].map(
  (extension) => `imagegen.config.${extension}`,
)

/** Where a project is, the same for every host and for the command line. */
export interface ProjectRoot {
  /** Absolute. */
  readonly root: string
  /** The configuration file, absolute. `undefined` without one. */
  readonly configFile: string | undefined
}

/**
 * The folder of the nearest `imagegen.config.*`, or of the nearest package.json, going up.
 *
 * @param start the bundler's root, or the working directory.
 */
export function findRoot(start: string): ProjectRoot {
  const folders = foldersUp(path.resolve(start))
  for (const folder of folders) {
    const name = CONFIG_FILES.find((file) => existsSync(path.join(folder, file)))
    if (name !== undefined) return { root: folder, configFile: path.join(folder, name) }
  }
  const packaged = folders.find((folder) => existsSync(path.join(folder, 'package.json')))
  return { root: packaged ?? path.resolve(start), configFile: undefined }
}

/** The root of the workspace around a project, as npm, pnpm, Yarn or Lerna mark it. Without one, the project. */
export function findWorkspaceRoot(root: string): string {
  return foldersUp(root).find(startsWorkspace) ?? root
}

function startsWorkspace(folder: string): boolean {
  if (existsSync(path.join(folder, 'pnpm-workspace.yaml'))) return true
  if (existsSync(path.join(folder, 'lerna.json'))) return true
  const manifest = path.join(folder, 'package.json')
  if (!existsSync(manifest)) return false
  try {
    const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'))
    return isRecord(content) && content['workspaces'] !== undefined
  } catch {
    // The package manager reports a broken package.json.
    return false
  }
}

function foldersUp(start: string): string[] {
  const folders = [start]
  for (let folder = start; path.dirname(folder) !== folder;) {
    folder = path.dirname(folder)
    folders.push(folder)
  }
  return folders
}

/** Whether a project has TypeScript, its own or its workspace's. */
export function isTypeScriptInstalled(root: string): boolean {
  try {
    createRequire(path.join(root, 'package.json')).resolve('typescript/package.json')
    return true
  } catch {
    return false
  }
}
