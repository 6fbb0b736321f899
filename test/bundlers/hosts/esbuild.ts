import path from 'node:path'
import { build, context, type BuildOptions, type Plugin } from 'esbuild'
import imagegen from '../../../src/esbuild.ts'
import { buildQueue, pluginsOf, type Host, type HostSettings, type Project } from './host.ts'

/** esbuild's options for a sandbox. */
export function esbuildOptions(project: Project, settings: HostSettings): BuildOptions {
  const { entry, target, base, sourcemap, out } = settings
  return {
    absWorkingDir: project.root,
    entryPoints: { main: entry },
    bundle: true,
    format: 'esm',
    platform: target === 'server' ? 'node' : 'browser',
    outdir: path.join(project.root, out),
    outExtension: { '.js': '.mjs' },
    splitting: true,
    sourcemap,
    logLevel: 'silent',
    ...(base === 'relative' ? {} : { publicPath: base }),
    plugins: pluginsOf(project, settings, imagegen) as Plugin[],
  }
}

export const esbuild: Host = {
  name: 'esbuild',
  says: {
    'base path, CDN': '`publicPath`',
    'relative URLs': 'without `publicPath`, as text from the output folder',
    watching: 'waits',
    'cache across builds': '—',
    'a YAML plugin beside it': 'ours comes first',
  },
  plugin: imagegen,
  async build(project, settings) {
    await build(esbuildOptions(project, settings))
  },
  async watch(project, settings) {
    const { push, next } = buildQueue()
    const told: Plugin = {
      name: 'told',
      setup: (build) =>
        build.onEnd(({ errors }) =>
          push(
            errors.length > 0 ? new Error(errors.map(({ text }) => text).join('\n')) : undefined,
          ),
        ),
    }
    const options = esbuildOptions(project, { ...settings, after: [...settings.after, told] })
    const made = await context(options)
    await made.watch()
    return { next, close: () => made.dispose() }
  },
}
