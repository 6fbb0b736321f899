import path from 'node:path'
import { build } from 'vite'
import { build as build6 } from 'vite-6'
import { build as build7 } from 'vite-7'
import imagegen from '../../../src/vite.ts'
import {
  pluginsOf,
  watchingBy,
  type Host,
  type HostSettings,
  type Project,
  type RollupWatcher,
} from './host.ts'

/** Every version has types of its own; what is built is what they agree on. */
type Build = (config: object) => Promise<unknown>

function viteConfig(
  project: Project,
  settings: HostSettings,
  more: object,
): Record<string, unknown> & { build: object } {
  const { entry, target, base, sourcemap, out } = settings
  return {
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    base: base === 'relative' ? './' : base,
    plugins: pluginsOf(project, settings, imagegen),
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
      watching: '`build --watch`: waits; dev server: placeholders first',
      'cache across builds': '—',
      'a YAML plugin beside it': 'either order',
    },
    plugin: imagegen,
    async build(project, settings) {
      await run(viteConfig(project, settings, more))
    },
    async watch(project, settings) {
      const config = viteConfig(project, settings, more)
      const watched = await run({ ...config, build: { ...config.build, watch: {} } })
      return watchingBy(watched as RollupWatcher)
    },
  }
}

export const vite6: Host = vite('Vite 6', build6)
export const vite7: Host = vite('Vite 7', build7)
export const vite8: Host = vite('Vite 8', build, {
  // Its comments name every module, as seen from the folder of the process: far from the root here.
  experimental: { attachDebugInfo: 'none' },
})
