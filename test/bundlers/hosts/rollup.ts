import { rmSync } from 'node:fs'
import path from 'node:path'
import { rolldown as openRolldown, watch as watchRolldown } from 'rolldown'
import { rollup as openRollup, watch as watchRollup } from 'rollup'
import rolldownPlugin from '../../../src/rolldown.ts'
import rollupPlugin from '../../../src/rollup.ts'
import type { Options } from '../../../src/options/options.ts'
import {
  pluginsOf,
  watchingBy,
  type Base,
  type Host,
  type HostSettings,
  type Project,
  type RollupWatcher,
} from './host.ts'

interface Bundle {
  readonly cache?: unknown
  write(output: object): Promise<unknown>
  close(): Promise<void>
}

/** How the two differ. */
interface Kind {
  readonly open: (input: object) => Promise<Bundle>
  readonly watch: (config: object) => RollupWatcher
  readonly plugin: (options: Options) => unknown
  readonly cache: string
}

function inputOf(project: Project, settings: HostSettings, kind: Kind): object {
  const { entry, base, cache } = settings
  // The only root that Rollup knows.
  process.chdir(project.root)
  return {
    input: path.join(project.root, entry),
    cwd: project.root,
    onwarn: () => undefined,
    ...(cache === undefined ? {} : { cache: cache.content }),
    plugins: [
      ...pluginsOf(project, settings, kind.plugin),
      ...(base === 'relative' ? [] : [servedFrom(base)]),
    ],
  }
}

function outputOf({ root }: Project, { out, sourcemap }: HostSettings): object {
  return { dir: path.join(root, out), format: 'es', sourcemap, entryFileNames: 'main.mjs' }
}

/** They have no option for it; this is the hook that they have. */
function servedFrom(base: Base): object {
  return {
    name: 'served-from',
    resolveFileUrl: ({ fileName }: { fileName: string }) => JSON.stringify(`${base}${fileName}`),
  }
}

function host(name: string, kind: Kind): Host {
  return {
    name,
    says: {
      'base path, CDN': 'the hook `resolveFileUrl`',
      'relative URLs': 'always, from `import.meta.url`',
      watching: 'waits',
      'cache across builds': kind.cache,
      'a YAML plugin beside it': 'either order',
    },
    plugin: kind.plugin,
    async build(project, settings) {
      const bundle = await kind.open(inputOf(project, settings, kind))
      if (settings.cache !== undefined) settings.cache.content = bundle.cache
      // They leave the files of earlier builds there.
      rmSync(path.join(project.root, settings.out), { recursive: true, force: true })
      await bundle.write(outputOf(project, settings))
      await bundle.close()
    },
    async watch(project, settings) {
      const watcher = kind.watch({
        ...inputOf(project, settings, kind),
        output: outputOf(project, settings),
      })
      watcher.on('event', ({ result }) => void result?.close())
      return watchingBy(watcher)
    },
  }
}

export const rollup: Host = host('Rollup 4', {
  open: openRollup,
  watch: watchRollup as never,
  plugin: rollupPlugin,
  cache: '`cache`',
})

export const rolldown: Host = host('Rolldown 1', {
  open: openRolldown,
  watch: watchRolldown,
  plugin: rolldownPlugin,
  cache: '—',
})
