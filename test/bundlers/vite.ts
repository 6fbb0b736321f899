import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, mergeConfig, type InlineConfig, type Plugin } from 'vite'
import type { Options } from '../../src/options/options.ts'
import imagegen from '../../src/vite.ts'
import type { Sandbox } from './sandbox.ts'

/** Vite's configuration for a sandbox, without what the machine may add. */
export function viteConfig(
  { root, options }: Pick<Sandbox, 'root' | 'options'>,
  own: InlineConfig = {},
  more: Options = {},
): InlineConfig {
  const common: InlineConfig = {
    root,
    configFile: false,
    logLevel: 'silent',
    // Rolldown writes paths from the working directory into comments.
    build: { rolldownOptions: { cwd: root } },
    plugins: [imagegen({ ...options, ...more }) satisfies Plugin],
  }
  return mergeConfig(common, own)
}

/** Builds a sandbox. Returns the folder of the output. */
export async function viteBuild(
  project: Pick<Sandbox, 'root' | 'options'>,
  own: InlineConfig = {},
  more: Options = {},
): Promise<string> {
  await build(viteConfig(project, own, more))
  return path.resolve(project.root, own.build?.outDir ?? 'dist')
}

/** Builds `src/main.js` so that Node can import it: for looking at values. */
export async function viteValues(
  project: Pick<Sandbox, 'root' | 'options'>,
  own: InlineConfig = {},
  more: Options = {},
): Promise<Record<string, unknown>> {
  const outDir = own.build?.outDir ?? 'dist-server'
  await viteBuild(project, { ...own, build: { ssr: 'src/main.js', outDir, ...own.build } }, more)
  const file = pathToFileURL(path.join(project.root, outDir, 'main.js'))
  return (await import(`${file.href}?${Math.random()}`)) as Record<string, unknown>
}
