import { runInNewContext } from 'node:vm'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { build as vite } from 'vite'
import { build as vite6 } from 'vite-6'
import { build as vite7 } from 'vite-7'
import { describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { rspack } from '@rspack/core'
import { temporaryProject } from '../temporary-project.ts'
import { BADGE, DIRECTED, KIRA } from './images.ts'

const components = path.join(import.meta.dirname, '../../dist/components')
const FRAMEWORKS = ['react', 'vue']

/** A page's script for browsers, as esbuild makes it of one of our entries. */
async function bundled(
  entry: 'html' | 'react' | 'vue',
  code: string,
  define: Record<string, string> = { 'process.env.NODE_ENV': '"production"' },
): Promise<string> {
  const { outputFiles } = await esbuild({
    stdin: { contents: code.replace('ENTRY', `./${entry}.js`), resolveDir: components },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    external: FRAMEWORKS,
    define,
    write: false,
  })
  return outputFiles[0]!.text
}

const USED = "export { Picture } from 'ENTRY'"

describe('what the components add to a page', () => {
  it.each([
    ['react', 1000],
    ['vue', 1000],
  ] as const)('is at most 1 kB gzipped beside %s', async (entry, most) => {
    const bytes = gzipSync(await bundled(entry, USED)).length
    console.info(`unplugin-imagegen/${entry}: ${bytes} bytes gzipped`)
    expect(bytes).toBeLessThanOrEqual(most)
  })

  it.each(['html', 'react', 'vue'] as const)('is nothing where %s is not used', async (entry) => {
    const code = await bundled(entry, "import * as all from 'ENTRY'; export const one = 1")
    expect(code).not.toMatch(/picture|srcset|Symbol/i)
  })
})

/** Its value is what a page would say to its console. */
const PAGE = `import { picture } from '${path.join(components, 'html.js')}'
globalThis.page = [picture(${JSON.stringify(KIRA)}), picture(${JSON.stringify(KIRA)})]
`

const WARNING = 'is shown without `sizes`'

type Bundle = (root: string, mode: 'production' | 'development') => Promise<string>

function withVite(build: typeof vite, minify: boolean): Bundle {
  return async (root, mode) => {
    const result = await build({
      configFile: false,
      root,
      mode,
      logLevel: 'silent',
      define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
      build: {
        write: false,
        minify,
        lib: { entry: 'page.js', formats: ['es'], fileName: 'page' },
      },
    })
    const [{ output }] = result as unknown as [{ output: Array<{ code: string }> }]
    return output[0]!.code
  }
}

function withWebpack(bundler: typeof webpack): Bundle {
  return (root, mode) =>
    new Promise((resolve, reject) => {
      const compiler = bundler({
        mode,
        devtool: false,
        context: root,
        entry: './page.js',
        output: { path: root, filename: 'out.js' },
      })
      let code = ''
      compiler.hooks.assetEmitted.tap('test', (_, { content }) => {
        code += content.toString('utf8')
      })
      compiler.run((error, stats) => {
        if (error !== null || stats?.hasErrors() === true) reject(error ?? new Error(String(stats)))
        else compiler.close(() => resolve(code))
      })
    })
}

const BUNDLERS: Readonly<Record<string, Bundle>> = {
  'Vite 6': withVite(vite6 as unknown as typeof vite, true),
  'Vite 6, not minified': withVite(vite6 as unknown as typeof vite, false),
  'Vite 7': withVite(vite7 as unknown as typeof vite, true),
  'Vite 8': withVite(vite, true),
  'Vite 8, not minified': withVite(vite, false),
  webpack: withWebpack(webpack),
  Rspack: withWebpack(rspack as unknown as typeof webpack),
  esbuild: async (root, mode) => {
    const { outputFiles } = await esbuild({
      entryPoints: [path.join(root, 'page.js')],
      bundle: true,
      minify: mode === 'production',
      write: false,
    })
    return outputFiles[0]!.text
  },
  Rolldown: async (root, mode) => {
    const build = await rolldown({
      input: path.join(root, 'page.js'),
      transform: { define: { 'process.env.NODE_ENV': JSON.stringify(mode) } },
    })
    const { output } = await build.generate({ minify: mode === 'production' })
    return output[0].code
  },
}

/** What a browser's console has been told. */
function saidBy(code: string): string[] {
  const said: string[] = []
  const console = { warn: (text: string) => said.push(text) }
  // A browser: no `process`.
  const page: { page?: string[] } = runInNewContext(
    `${code.replaceAll(/^export \{.*$/gm, '')}; globalThis`,
    { console },
  ) as { page?: string[] }
  expect(page.page).toHaveLength(2)
  return said
}

describe.each(Object.entries(BUNDLERS))('the warning of missing sizes, with %s', (_, bundle) => {
  it('is in no production build', async () => {
    const { root } = await temporaryProject({ 'page.js': PAGE })
    const code = await bundle(root, 'production')
    expect(code).toContain(KIRA.src)
    expect(code).not.toContain(WARNING)
    expect(saidBy(code)).toEqual([])
  })

  it('is given in development, once for each image', async () => {
    const { root } = await temporaryProject({ 'page.js': PAGE })
    const said = saidBy(await bundle(root, 'development'))
    // Each of the two is an object of its own.
    expect(said).toEqual([expect.stringContaining(WARNING), expect.stringContaining(WARNING)])
    expect(said[0]).toContain(KIRA.src)
  })
})

describe('the warning of missing sizes', () => {
  it.each([
    ['with sizes', `picture(${JSON.stringify(KIRA)}, { sizes: '1px' })`],
    ['of a picture in one width', `picture(${JSON.stringify(BADGE)})`],
  ])('is not given %s', async (_, code) => {
    const page = `import { picture } from 'ENTRY'; globalThis.page = [1, ${code}]`
    const define = { 'process.env.NODE_ENV': '"development"' }
    expect(saidBy(await bundled('html', page, define))).toEqual([])
  })

  it('is given where only a picture for other media has several widths', async () => {
    const image = { ...BADGE, media: DIRECTED.media }
    const page = `import { picture } from 'ENTRY'
      globalThis.page = [1, picture(${JSON.stringify(image)})]`
    const define = { 'process.env.NODE_ENV': '"development"' }
    expect(saidBy(await bundled('html', page, define))).toHaveLength(1)
  })

  it('is given once for an image that is rendered again and again', async () => {
    const page = `import { picture } from 'ENTRY'
      const image = ${JSON.stringify(KIRA)}
      globalThis.page = [picture(image), picture(image)]`
    const define = { 'process.env.NODE_ENV': '"development"' }
    expect(saidBy(await bundled('html', page, define))).toHaveLength(1)
  })

  it('breaks no browser for which nothing replaces `process`', async () => {
    const page = `import { picture } from 'ENTRY'
      globalThis.page = [1, picture(${JSON.stringify(KIRA)})]`
    const define = { 'process.env.NODE_ENV': 'process.env.NODE_ENV' }
    expect(saidBy(await bundled('html', page, define))).toEqual([])
  })
})
