import { build, createServer, resolveConfig } from 'vite'
import { build as build6, createServer as createServer6, resolveConfig as resolve6 } from 'vite-6'
import { build as build7, createServer as createServer7, resolveConfig as resolve7 } from 'vite-7'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryProject } from '../temporary-project.ts'

/*
 * Parts of Vite that are not documented and that `src/plugin/hosts/vite.ts` relies on. A failure here says which one
 * is gone, and where to look.
 */

/** Every version has types of its own; these are the parts that the tests read. */
interface Version {
  readonly name: string
  readonly build: (config: object) => Promise<unknown>
  readonly resolveConfig: (config: object, command: 'serve') => Promise<unknown>
  readonly createServer: (config: object) => Promise<unknown>
}

interface PluginList {
  readonly plugins: ReadonlyArray<{ readonly name: string; readonly load?: unknown }>
}

interface Server {
  readonly environments: {
    readonly client: {
      readonly moduleGraph: {
        getModuleByUrl(url: string): Promise<{ readonly isSelfAccepting?: boolean } | undefined>
      }
      transformRequest(url: string): Promise<unknown>
    }
  }
  close(): Promise<void>
}

const VERSIONS: readonly Version[] = [
  { name: 'Vite 6', build: build6, resolveConfig: resolve6, createServer: createServer6 },
  { name: 'Vite 7', build: build7, resolveConfig: resolve7, createServer: createServer7 },
  { name: 'Vite 8', build, resolveConfig, createServer },
] as Version[]

describe.each(VERSIONS)('$name', (version) => {
  // https://github.com/vitejs/vite/blob/main/packages/vite/src/node/plugins/asset.ts (`assetUrlRE`, `renderChunk`)
  test('__VITE_ASSET__<reference>__ becomes the URL of an emitted file, with the base', async () => {
    const { root } = await temporaryProject({ 'main.js': 'import "virtual:url"' })
    const built = await version.build({
      root,
      configFile: false,
      logLevel: 'silent',
      base: '/shop/',
      build: { write: false, rollupOptions: { input: `${root}/main.js` } },
      plugins: [
        {
          name: 'canary',
          resolveId: (id: string) => (id === 'virtual:url' ? id : undefined),
          load(this: { emitFile(file: object): string }, id: string) {
            if (id !== 'virtual:url') return undefined
            const reference = this.emitFile({ type: 'asset', name: 'kira.webp', source: 'kira' })
            return `console.log("__VITE_ASSET__${reference}__")`
          },
        },
      ],
    })
    const { output } = built as { output: ReadonlyArray<{ readonly code?: string }> }
    const code = output.map((file) => file.code ?? '').join('\n')
    expect(code, 'Vite no longer replaces __VITE_ASSET__: see `viteBuildUrl`').not.toContain(
      '__VITE_ASSET__',
    )
    expect(code).toMatch(/\/shop\/assets\/kira-[\w-]+\.webp/)
  })

  // https://github.com/vitejs/vite/blob/main/packages/vite/src/node/plugins/asset.ts (`assetPlugin`)
  test('vite:asset is the name of the plugin that loads files by their URL', async () => {
    const config = (await version.resolveConfig(
      { configFile: false, logLevel: 'silent' },
      'serve',
    )) as PluginList
    const plugin = config.plugins.find(({ name }) => name === 'vite:asset')
    expect(plugin, 'Vite has no plugin `vite:asset`: see `vitesOwnAsset`').toBeDefined()
    const load = plugin?.load
    const handler: unknown =
      typeof load === 'object' && load !== null ? Reflect.get(load, 'handler') : load
    expect(handler, '`vite:asset` has no hook `load`: see `vitesOwnAsset`').toBeTypeOf('function')
  })

  // https://github.com/vitejs/vite/blob/main/packages/vite/src/node/server/moduleGraph.ts (`isSelfAccepting`)
  test('isSelfAccepting is undefined until an imported module was loaded', async () => {
    const { root } = await temporaryProject({
      'main.js': "import './kira.js'",
      'kira.js': 'export const kira = 1',
    })
    const server = (await version.createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, watch: null, ws: false, preTransformRequests: false },
      optimizeDeps: { noDiscovery: true },
    })) as Server
    onTestFinished(() => server.close())
    const { client } = server.environments
    await client.transformRequest('/main.js')
    const module = await client.moduleGraph.getModuleByUrl('/kira.js')
    expect(module).toBeDefined()
    const changed = 'Vite sets `isSelfAccepting` at another time: see `reload`'
    expect(module?.isSelfAccepting, changed).toBeUndefined()
    await client.transformRequest('/kira.js')
    expect(module?.isSelfAccepting, changed).toBe(false)
  })
})
