import path from 'node:path'
import { readSource, type Import, type SourceFile, type Sources } from './read-source.ts'

/** What each part of `src` may import besides `shared` and `pixels`; `(types)` allows nothing but types. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  pixels: [],
  manifest: [],
  store: [],
  model: [],
  plan: ['manifest', 'model (types)'],
  render: ['manifest'],
  generate: ['manifest', 'plan', 'model', 'store'],
  emit: ['manifest', 'render (types)'],
  // They run on the user's page: nothing of the plugin may come with them.
  components: ['emit (types)'],
  options: ['model', 'store'],
  // The queue is another way to generate, which the pipeline chooses.
  pipeline: [
    'manifest',
    'plan',
    'model',
    'store',
    'generate',
    'queue',
    'render',
    'emit',
    'options',
  ],
  queue: ['generate', 'store', 'model'],
  emulator: ['model (types)'],
  // The page is a part of its own, and shares only the protocol's types.
  studio: ['pipeline', 'options'],
  plugin: ['pipeline', 'options', 'emit', 'studio'],
  cli: ['pipeline', 'options', 'emit', 'emulator', 'queue', 'studio'],
  // The value of an import is a type that users name.
  index: ['options', 'model', 'plugin', 'emit (types)'],
}

/**
 * The rooms of each wing, lowest first: a room may import from those before it. Files beside the rooms may be imported by
 * all of them, and may import from all. A provider's folder in `model/` is a room that needs no entry.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  pixels: ['embedded'],
  manifest: ['schema', 'read', 'resolve', 'edit'],
  store: ['locks', 'read', 'arrive', 'remote'],
  queue: ['worker', 'client'],
  emulator: ['drawing'],
  pipeline: ['records', 'edit', 'adopt'],
  studio: ['listener', 'views', 'actions', 'report', 'page'],
  plugin: ['session', 'markup', 'hosts', 'next'],
  cli: ['terminal', 'setup', 'folders', 'commands'],
}

/** The small files that give the plugin to one host each belong to the part `plugin`. */
const HOSTS: ReadonlySet<string> = new Set([
  'vite',
  'webpack',
  'rspack',
  'rollup',
  'rolldown',
  'esbuild',
  'farm',
  'bun',
  'astro',
  'nuxt',
  'next',
  'sveltekit',
  'turbopack',
])

/** Hosts whose package has another name. */
const HOST_PACKAGES: ReadonlySet<string> = new Set(['@rspack/core', '@farmfe/core'])

/** Packages that users install for what they choose: loaded where that is asked for, and nowhere else. */
const PEERS: Readonly<Record<string, string>> = {
  bullmq: 'queue/',
  ioredis: 'queue/',
  react: 'components/react.ts',
  vue: 'components/vue.ts',
}

/** Packages that are built into the studio's page, so that users do not install them. */
const BUILT_IN: Readonly<Record<string, string>> = {
  preact: 'studio/page/',
  '@preact/signals': 'studio/page/',
}

/** Effects and packages that only the named files or folders may touch. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  sharp: ['pixels/'],
  console: ['shared/logger.ts', 'cli/', 'components/missing-sizes.ts'],
  fetch: ['model/', 'emulator/references.ts', 'studio/page/connection.ts'],
  'process.exit': ['cli/main.ts'],
  'node:child_process': [
    'store/locks/process-identity.ts',
    'studio/actions/programs.ts',
    'studio/report/git.ts',
  ],
  // A download looks at the address that it connects to, which `fetch` does not show.
  'node:http': ['emulator/', 'model/http/get.ts', 'studio/'],
  'node:https': ['model/http/get.ts'],
  // Only Turbopack's channel connects. The others tell one kind of address from another.
  'node:net': [
    'plugin/next/turbopack-channel.ts',
    'model/http/',
    'options/trusted-host.ts',
    'emulator/loopback-host.ts',
    'studio/listener/host-header.ts',
  ],
  'node:worker_threads': ['manifest/read/parse-ahead.ts', 'manifest/read/parse-worker.ts'],
}

/** Files besides a provider's own folder that may import it: the list of providers, and what users import. */
const PROVIDER_DOORS: readonly string[] = ['options/', 'index.ts']

/**
 * Where a provider may be named, besides its own folder: where its models are the default, and where users start its
 * emulator. Everything else is for all providers.
 */
const NAMES_OF_PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  minimax: [
    'emulator/',
    'options/providers.ts',
    'options/options.ts',
    'index.ts',
    'cli/run.ts',
    'cli/commands/emulator.ts',
    // The names under which models of any provider look for their options.
    'model/provider-options.ts',
  ],
}

const DRAWERS: ReadonlySet<string> = new Set([
  'types.ts',
  'utils.ts',
  'util.ts',
  'helpers.ts',
  'helper.ts',
  'common.ts',
  'constants.ts',
  'misc.ts',
])

const MOST_LINES = 400

/** Every rule that the sources break, one sentence each. */
export function violations(sources: Sources, dependencies: readonly string[]): string[] {
  const files = Object.entries(sources).map(([file, text]) => readSource(file, text))
  return [
    ...files.flatMap(namingViolations),
    ...files.flatMap(layerViolations),
    ...files.flatMap(roomViolations),
    ...files.flatMap(doorViolations),
    ...files.flatMap(providerViolations),
    ...Object.entries(sources).flatMap(providerNameViolations),
    ...cycles(files).map((cycle) => `import cycle: ${cycle.join(' → ')}`),
    ...dependencyViolations(files, dependencies),
  ]
}

/** The part of `src` that a file belongs to, or nothing where the design knows none. */
function partOf(file: string): string | undefined {
  const [first = '', ...rest] = file.split('/')
  if (rest.length > 0) return first in LAYERS ? first : undefined
  const name = path.posix.basename(first, '.ts')
  if (HOSTS.has(name)) return 'plugin'
  return ['index', 'options', 'pipeline', 'plugin'].includes(name) ? name : undefined
}

function namingViolations({ file, lines }: SourceFile): string[] {
  const broken: string[] = []
  if (DRAWERS.has(path.posix.basename(file))) broken.push(`${file}: a drawer, not a name`)
  if (lines > MOST_LINES) broken.push(`${file}: ${lines} lines, at most ${MOST_LINES} can be read`)
  if (partOf(file) === undefined) broken.push(`${file}: belongs to no part of the design`)
  return broken
}

function layerViolations({ file, imports }: SourceFile): string[] {
  const part = partOf(file)
  if (part === undefined) return []
  return imports.filter(isLocal).flatMap(({ target, kind }) => {
    const other = partOf(target)
    if (other !== undefined && mayImport(part, other, kind)) return []
    return [`${file}: ${part} may not import ${kind === 'type' ? 'types of ' : ''}${target}`]
  })
}

function mayImport(part: string, other: string, kind: Import['kind']): boolean {
  if (part === other) return true
  if (other === 'shared') return true
  if (other === 'pixels') return part !== 'shared'
  const allowed = LAYERS[part] ?? []
  return allowed.includes(other) || (kind === 'type' && allowed.includes(`${other} (types)`))
}

function roomViolations({ file, imports }: SourceFile): string[] {
  const [wing, room] = roomOf(file)
  if (wing === 'model' || room === undefined) return []
  const rooms = ROOMS[wing] ?? []
  if (!rooms.includes(room)) return [`${file}: ${wing} has no room ${room}`]
  return imports.filter(isLocal).flatMap(({ target }) => {
    const [otherWing, other] = roomOf(target)
    if (otherWing !== wing || other === undefined) return []
    if (rooms.indexOf(other) <= rooms.indexOf(room)) return []
    return [`${file}: ${wing}/${room} may not import from ${wing}/${other}, which comes after it`]
  })
}

/** `plugin` and `session` of `plugin/session/project.ts`. */
function roomOf(file: string): [wing: string, room: string | undefined] {
  const [wing = '', ...rest] = file.split('/')
  return [wing, rest.length > 1 ? rest[0] : undefined]
}

function doorViolations({ file, imports, effects }: SourceFile): string[] {
  const used = new Set([...effects, ...imports.map(({ target }) => target)])
  return Object.entries(DOORS)
    .filter(([effect, doors]) => used.has(effect) && !doors.some((door) => file.startsWith(door)))
    .map(
      ([effect, doors]) => `${file}: ${effect} is the business of ${doors.join(', ') || 'nobody'}`,
    )
}

/** A provider has a folder in `model/`, beside `http/`, which is for all of them. Nothing generic knows one of them. */
function providerViolations({ file, imports }: SourceFile): string[] {
  const own = providerOf(file)
  return imports.filter(isLocal).flatMap(({ target }) => {
    const provider = providerOf(target)
    if (provider === undefined || provider === own) return []
    if (PROVIDER_DOORS.some((door) => file.startsWith(door))) return []
    return [`${file}: only ${PROVIDER_DOORS.join(' and ')} may import the provider in ${provider}`]
  })
}

function providerNameViolations([file, text]: [file: string, text: string]): string[] {
  return Object.entries(NAMES_OF_PROVIDERS)
    .filter(([name]) => text.toLowerCase().includes(name))
    .filter(([name, places]) => ![`model/${name}/`, ...places].some((at) => file.startsWith(at)))
    .map(([name]) => `${file}: names ${name}, and is for every provider`)
}

/** `model/minimax/` of a file in there. */
function providerOf(file: string): string | undefined {
  const [part, folder, ...rest] = file.split('/')
  if (part !== 'model' || folder === undefined || rest.length === 0) return undefined
  return folder === 'http' ? undefined : `model/${folder}/`
}

/** One cycle for each set of files that reach each other, as the path round it; types count. */
function cycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(
    files.map(({ file, imports }) => [file, imports.filter(isLocal).map(({ target }) => target)]),
  )
  const found: string[][] = []
  const done = new Set<string>()
  const follow = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) {
      found.push([...trail.slice(start), file])
      return
    }
    if (done.has(file)) return
    for (const target of edges.get(file) ?? []) follow(target, [...trail, file])
    done.add(file)
  }
  for (const file of edges.keys()) follow(file, [])
  return found
}

/** What runs or stands in declarations must be installed with the package, and nothing that is installed may be idle. */
function dependencyViolations(
  files: readonly SourceFile[],
  dependencies: readonly string[],
): string[] {
  const packages = files.flatMap(({ file, imports }) =>
    imports
      .filter((one) => !isLocal(one) && !one.target.startsWith('node:'))
      .map(({ target, kind }) => ({ file, name: packageOf(target), kind })),
  )
  const strangers = packages
    .filter(({ name, kind }) => !dependencies.includes(name) && !isHost(name, kind))
    .filter(({ name, file }) => !file.startsWith(PEERS[name] ?? BUILT_IN[name] ?? '../'))
    .map(({ file, name }) => `${file}: ${name} is not a dependency`)
  const idle = dependencies
    .filter((name) => !packages.some((one) => one.name === name))
    .map((name) => `package.json: nothing imports ${name}`)
  return [...new Set([...strangers, ...idle])]
}

/** Hosts bring themselves: their types may be named, their code may not be loaded. */
function isHost(name: string, kind: Import['kind']): boolean {
  return kind === 'type' && (HOSTS.has(name) || HOST_PACKAGES.has(name))
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function isLocal({ target }: Import): boolean {
  return /\.tsx?$/.test(target)
}
