import path from 'node:path'
import { build } from 'vite'
import { build as build6 } from 'vite-6'
import { build as build7 } from 'vite-7'
import imagegen from '../../../src/vite.ts'
import {
  buildQueue,
  optionsOf,
  outcomes,
  type Host,
  type HostSettings,
  type Project,
} from './host.ts'

/** Every version has types of its own; what is built is what they agree on. */
type Build = (config: object) => Promise<unknown>

/** What a build that watches gives. */
interface Watcher {
  on(event: 'event', listener: (event: { code: string; error?: Error }) => void): void
  close(): Promise<void>
}

function viteConfig(
  project: Project,
  settings: HostSettings,
  more: object,
): Record<string, unknown> & { build: object } {
  const { entry, target, base, sourcemap, out, before, after } = settings
  return {
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    base: base === 'relative' ? './' : base,
    plugins: [...before, imagegen(optionsOf(project, settings)), ...after],
    build: {
      ssr: target === 'server',
      outDir: out,
      sourcemap,
      target: 'es2022',
      modulePreload: false,
      minify: false,
      rollupOptions: {
        input: path.join(project.root, entry),
        preserveEntrySignatures: 'exports-only',
        output: { format: 'es', entryFileNames: 'main.mjs' },
        ...more,
      },
    },
  }
}

/** @param more what this version's bundler is told besides. */
function vite(name: string, run: Build, more: object = {}): Host {
  return {
    name,
    says: {
      'base path, CDN': '`base`',
      'relative URLs': "`base: './'`",
      watching: '`build --watch`: waits; dev server: stand-ins first',
      'cache across builds': '—',
      'a YAML plugin beside it': 'either order',
    },
    plugin: imagegen,
    async build(project, settings) {
      await run(viteConfig(project, settings, more))
    },
    async watch(project, settings) {
      const config = viteConfig(project, settings, more)
      const watcher = (await run({ ...config, build: { ...config.build, watch: {} } })) as Watcher
      const { push, next } = buildQueue()
      watcher.on('event', outcomes(push))
      return { next, close: () => watcher.close() }
    },
  }
}

export const vite6: Host = vite('Vite 6', build6)
export const vite7: Host = vite('Vite 7', build7)
export const vite8: Host = vite('Vite 8', build, {
  // Its comments name every module, as seen from the folder of the process: far from the root here.
  experimental: { attachDebugInfo: 'none' },
})
