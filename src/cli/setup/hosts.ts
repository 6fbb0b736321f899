import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ProjectFiles } from './project-files.ts'

/** A config file of a project, and the lines to add. */
export interface HostToDo {
  /** Path from the root. */
  readonly file: string
  /** Whether the file exists. If not, the lines are its whole content. */
  readonly exists: boolean
  readonly lines: readonly string[]
}

/** The frameworks and bundlers of a project, as detected from its files. */
export interface Hosts {
  readonly names: ReadonlySet<string>
  /** The config files that do not use the plugin yet. */
  readonly toDo: readonly HostToDo[]
}

type ModuleStyle = 'module' | 'commonjs'

interface Host {
  readonly name: string
  /** A package that projects of this host depend on. */
  readonly dependency: string
  /**
   * What shows that a project uses it. `script` means a config file or a script that runs it, because the dependency
   * alone may have another reason, such as Vite for Vitest.
   */
  readonly evidence: 'dependency' | 'config' | 'script'
  /** The prefix of its config file `<config>.config.*`, unless a script names another file. */
  readonly config: string
  /** The import of the plugin; undefined if none is needed. */
  readonly load: { readonly binding: string; readonly from: string } | undefined
  /** The code that goes into the exported config. */
  readonly fragment: string
  /** The whole exported value, if it is not a plain object around the fragment. */
  readonly exported?: string
  /** Bundlers that this host uses internally. */
  readonly covers: readonly string[]
}

/** The supported hosts. A framework's own bundler needs no line of its own. */
const HOSTS: readonly Host[] = [
  {
    ...bundler('astro', 'dependency'),
    fragment: 'integrations: [imagegen()]',
    covers: ['vite'],
  },
  {
    ...bundler('nuxt', 'dependency'),
    load: undefined,
    fragment: "modules: ['unplugin-imagegen/nuxt']",
    exported: "defineNuxtConfig({ modules: ['unplugin-imagegen/nuxt'] })",
    covers: ['vite', 'webpack', 'rspack'],
  },
  {
    ...bundler('next', 'dependency'),
    load: { binding: '{ withImagegen }', from: 'next' },
    fragment: 'withImagegen(nextConfig)',
    exported: 'withImagegen({})',
    covers: ['webpack', 'rspack', 'vite'],
  },
  {
    ...bundler('rsbuild', 'dependency'),
    dependency: '@rsbuild/core',
    load: { binding: 'imagegen', from: 'rspack' },
    fragment: 'tools: { rspack: { plugins: [imagegen()] } }',
    covers: ['rspack', 'webpack', 'vite'],
  },
  {
    ...bundler('vite', 'dependency'),
    name: 'sveltekit',
    dependency: '@sveltejs/kit',
    fragment: 'plugins: [imagegen(), sveltekit()]',
    covers: ['vite'],
  },
  {
    ...bundler('vite', 'dependency'),
    name: 'react-router',
    dependency: '@react-router/dev',
    fragment: 'plugins: [imagegen(), reactRouter()]',
    covers: ['vite'],
  },
  bundler('vite', 'script'),
  bundler('webpack', 'script'),
  bundler('rspack', 'config'),
  bundler('rolldown', 'config'),
  bundler('rollup', 'config'),
  bundler('farm', 'config'),
]

function bundler(name: string, evidence: Host['evidence']): Host {
  return {
    name,
    dependency: name,
    evidence,
    config: name,
    load: { binding: 'imagegen', from: name },
    fragment: 'plugins: [imagegen()]',
    covers: [],
  }
}

export function findHosts(project: ProjectFiles): Hosts {
  const used = withoutCovered(HOSTS.filter((host) => isUsed(host, project)))
  // Without other evidence, assume that an installed bundler builds the project.
  const found =
    used.length > 0
      ? used
      : HOSTS.filter(
          ({ evidence, dependency }) =>
            evidence === 'script' && project.dependencies.has(dependency),
        )
  return {
    names: new Set(found.map(({ name }) => name)),
    toDo: found.flatMap((host) => toDoOf(host, project)),
  }
}

function withoutCovered(hosts: readonly Host[]): readonly Host[] {
  return hosts.filter(({ name }) => !hosts.some(({ covers }) => covers.includes(name)))
}

function isUsed(host: Host, project: ProjectFiles): boolean {
  switch (host.evidence) {
    case 'dependency':
      return project.dependencies.has(host.dependency)
    case 'config':
      return configsOf(host, project).length > 0
    case 'script':
      return configsOf(host, project).length > 0 || isRun(host, project)
  }
}

function isRun({ name, dependency }: Host, { dependencies, scripts }: ProjectFiles): boolean {
  const command = new RegExp(`(?:^|[\\s;&|])${name}(?:$|[\\s;&|])`)
  return (
    dependencies.has(dependency) && Object.values(scripts).some((script) => command.test(script))
  )
}

function toDoOf(host: Host, project: ProjectFiles): HostToDo[] {
  const configs = configsOf(host, project)
  if (configs.length === 0) {
    const file = newConfig(host, project)
    return [{ file, exists: false, lines: wholeConfig(host, styleOf(file, project)) }]
  }
  return configs
    .filter((file) => !project.read(file).includes('unplugin-imagegen'))
    .map((file) => {
      const style = styleOf(file, project)
      // A wrapper such as `withImagegen` goes around the exported config; any other fragment goes into it.
      const use =
        host.exported?.startsWith('with') === true ? exporting(host.fragment, style) : host.fragment
      return { file, exists: true, lines: [...loadLines(host, style), use] }
    })
}

function wholeConfig(host: Host, style: ModuleStyle): string[] {
  return [...loadLines(host, style), exporting(host.exported ?? `{ ${host.fragment} }`, style)]
}

function loadLines({ load }: Host, style: ModuleStyle): string[] {
  if (load === undefined) return []
  const from = `'unplugin-imagegen/${load.from}'`
  return style === 'module'
    ? [`import ${load.binding} from ${from}`]
    : [`const ${load.binding} = require(${from})`]
}

function exporting(value: string, style: ModuleStyle): string {
  return style === 'module' ? `export default ${value}` : `module.exports = ${value}`
}

/** Config files in the root, or else those that scripts name: `vite build --config vite/config.prod.mjs`. */
function configsOf({ config }: Host, project: ProjectFiles): string[] {
  const pattern = new RegExp(`^(?:[\\w-]+\\.)*${config}(?:\\.[\\w-]+)*\\.[cm]?[jt]s$`)
  const inRoot = project.names.filter(
    (name) => name.includes('.config.') && pattern.test(name.replace('.config.', '.')),
  )
  if (inRoot.length > 0) return inRoot
  const named = Object.values(project.scripts)
    .flatMap((script) => script.split(/&&|\|\||;/))
    .filter((command) => new RegExp(`\\b${config}\\b`).test(command))
    .flatMap((command) => [...command.matchAll(/(?:--config|-c)[= ]+(["']?)([^\s"']+)\1/g)])
    .map(([, , file = '']) => path.posix.normalize(file.replaceAll('\\', '/')))
  return [...new Set(named)].filter((file) => existsSync(path.join(project.root, file))).sort()
}

function newConfig({ config }: Host, project: ProjectFiles): string {
  const isTyped = project.names.includes('tsconfig.json') && config !== 'webpack'
  return `${config}.config.${isTyped ? 'ts' : 'js'}`
}

function styleOf(file: string, project: ProjectFiles): ModuleStyle {
  if (/\.m[jt]s$/.test(file)) return 'module'
  if (/\.c[jt]s$/.test(file)) return 'commonjs'
  const text = project.read(file)
  if (/^\s*(?:import\b|export\b)/m.test(text)) return 'module'
  if (/\bmodule\.exports\b|\brequire\(/.test(text)) return 'commonjs'
  return file.endsWith('.ts') || project.isModule ? 'module' : 'commonjs'
}
