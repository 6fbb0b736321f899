import { createServer, type Plugin, type ViteDevServer } from 'vite'
import { createServer as createServer7 } from 'vite-7'
import { expect, onTestFinished, test } from 'vitest'
import imagegen from '../../src/vite.ts'
import { listenToConsole } from './console.ts'
import { sandbox, type Sandbox } from './sandbox.ts'
import { viteConfig } from './vite.ts'

type Create = (config: object) => Promise<ViteDevServer>

/** Starts a server beside the one that it is in, as React Router's plugin does. */
function withChildServer(project: Sandbox, create: Create): Plugin {
  return {
    name: 'with-child-server',
    async configResolved({ root, mode }) {
      const plugin = imagegen(project.options)
      const child = await create({
        root,
        mode,
        cacheDir: 'node_modules/.vite-child-compiler',
        logLevel: 'silent',
        server: { preTransformRequests: false, hmr: false },
        configFile: false,
        envFile: false,
        plugins: [{ ...plugin, configureServer: undefined, configurePreviewServer: undefined }],
      })
      onTestFinished(() => child.close())
      await child.pluginContainer.buildStart({})
      const { cast } = (await child.ssrLoadModule('/src/exports.js')) as { cast: unknown }
      expect(cast).toHaveProperty('kira')
    },
  }
}

test.each<[string, Create]>([
  ['Vite 7', createServer7 as unknown as Create],
  ['Vite 8', createServer],
])(
  'in %s a server beside the one that shows pages loads pictures, requests none and says nothing',
  async (_, create) => {
    const said = listenToConsole()
    const project = await sandbox({
      files: {
        'src/exports.js': "export { default as cast } from './cast.image.yaml'",
        'src/two.image.yaml': 'prompt: [broken',
      },
    })
    const config = viteConfig(project, { plugins: [withChildServer(project, create)] })
    const server = await create(config)
    onTestFinished(() => server.close())
    await server.listen(0)
    const finished = (): number => said.filter((text) => text.endsWith(': in the store.')).length
    await expect.poll(finished).toBe(7)
    expect(project.asked()).toBe(7)
    expect(said.filter((text) => text.includes('another process'))).toEqual([])
    expect(said.filter((text) => text.includes('src/two.image.yaml:'))).toHaveLength(1)
    expect(new Set(said).size).toBe(said.length)
  },
)
