import { existsSync } from 'node:fs'
import path from 'node:path'
import { findWorkspaceRoot } from '../../options/root.ts'
import {
  optionForLooseTypes,
  optionsForExactTypes,
  type CompilerOption,
} from './compiler-options.ts'
import { findHosts, type Hosts } from './hosts.ts'
import { linterIgnores, secretIgnores } from './ignore-lines.ts'
import type { ProjectFiles } from './project-files.ts'
import { readTypeScriptConfig } from './tsconfig.ts'

/** What setup advice depends on besides the project's files. */
export interface Setup {
  /** The absolute folder of the exact types; undefined if the project has none. */
  readonly typesFolder: string | undefined
  /** The store's folder from the root, with `/`. */
  readonly storeFolder: string
  /** The folders of manifests, from the root. */
  readonly manifestFolders: readonly string[]
  /** The API keys that the project's models lack, and the pages that issue them. */
  readonly missingKeys: ReadonlyArray<{ readonly variable: string; readonly page: string }>
}

/** Returns the remaining setup steps, which the user must do in other files. */
export function stepsByHand(project: ProjectFiles, setup: Setup): string[] {
  const hosts = findHosts(project)
  const manager = packageManagerOf(project.root)
  const command = `${manager.run} unplugin-imagegen`
  return [
    ...installSteps(project, manager),
    ...hosts.toDo.map(({ file, exists, lines }) =>
      step(exists ? `Add to ${file}:` : `Write ${file}:`, lines),
    ),
    ...typeScriptSteps(project, setup, hosts),
    ...[...secretIgnores(project), ...linterIgnores(project, setup.storeFolder)].map(
      ({ file, line }) => step(`Add to ${file}:`, [line]),
    ),
    ...setup.missingKeys.map(({ variable, page }) =>
      step(`Get an API key at ${page}, and write it into .env.local:`, [`${variable}=…`]),
    ),
    `See what is missing and what it costs: ${command} plan`,
    `Generate it: ${command} generate`,
    ...(hosts.names.size === 0
      ? [`Write the images into a folder: ${command} export --out DIR`]
      : []),
  ]
}

function step(title: string, lines: readonly string[]): string {
  return [title, ...lines.flatMap((line) => line.split('\n'))].join('\n    ')
}

/** A package manager's commands to add a development dependency and to run a package's command. */
interface PackageManager {
  readonly add: string
  readonly run: string
}

const NPM: PackageManager = { add: 'npm install --save-dev', run: 'npx' }
const YARN: PackageManager = { add: 'yarn add --dev', run: 'yarn' }
const PNPM: PackageManager = { add: 'pnpm add --save-dev', run: 'pnpm exec' }
const BUN: PackageManager = { add: 'bun add --dev', run: 'bunx' }

const LOCK_FILES: Readonly<Record<string, PackageManager>> = {
  'pnpm-lock.yaml': PNPM,
  'yarn.lock': YARN,
  'bun.lock': BUN,
  'bun.lockb': BUN,
}

/** Finds the package manager by the lock file of the project or its workspace. */
function packageManagerOf(root: string): PackageManager {
  const workspace = findWorkspaceRoot(root)
  const found = Object.entries(LOCK_FILES).find(([lockFile]) =>
    [root, workspace].some((folder) => existsSync(path.join(folder, lockFile))),
  )
  return found?.[1] ?? NPM
}

function installSteps({ root, dependencies }: ProjectFiles, { add }: PackageManager): string[] {
  const isThere =
    dependencies.has('unplugin-imagegen') ||
    existsSync(path.join(root, 'node_modules/unplugin-imagegen'))
  return isThere ? [] : [`Install it: ${add} unplugin-imagegen`]
}

function typeScriptSteps(project: ProjectFiles, setup: Setup, hosts: Hosts): string[] {
  // Nuxt's module configures TypeScript.
  if (hosts.names.size === 0 || hosts.names.has('nuxt')) return []
  const config = readTypeScriptConfig(project.root, setup.manifestFolders)
  if (config === undefined) return []
  // Astro's integration adds the general types.
  const loose = hosts.names.has('astro') ? undefined : optionForLooseTypes(project, config)
  const exact =
    setup.typesFolder === undefined ? [] : optionsForExactTypes(project, config, setup.typesFolder)
  const options = [...(loose === undefined ? [] : [loose]), ...exact]
  const scripts = setup.typesFolder === undefined ? [] : typeCheckingScripts(project)
  return [
    ...(options.length === 0
      ? []
      : [step(`Set in the compilerOptions of ${config.name}:`, optionLines(options))]),
    ...(scripts.length === 0
      ? []
      : [step('Write the exact types before checking types; in package.json:', scripts)]),
  ]
}

/** Compiler options as lines of a tsconfig file. */
export function optionLines(options: readonly CompilerOption[]): string[] {
  return options.map(
    ([name, json], index) => `"${name}": ${json}${index < options.length - 1 ? ',' : ''}`,
  )
}

/** The scripts that check types, changed to write the exact types first. */
function typeCheckingScripts({ scripts }: ProjectFiles): string[] {
  const isChecker =
    /(?:^|[;&|]\s*|\b(?:npx|pnpm|yarn|bunx)\s+)(?:tsc|vue-tsc|svelte-check|astro check)\b/
  const changed = Object.entries(scripts).filter(
    ([, script]) => isChecker.test(script) && !script.includes('imagegen types'),
  )
  return changed.map(
    ([name, script], index) =>
      `${JSON.stringify(name)}: ${JSON.stringify(`imagegen types && ${script}`)}${index < changed.length - 1 ? ',' : ''}`,
  )
}
