import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createServer, type InlineConfig, type ViteDevServer } from 'vite'
import { expect, onTestFinished } from 'vitest'
import type { Options } from '../../src/options/options.ts'
import { look, type PictureFacts, type Sandbox } from './sandbox.ts'
import { viteConfig } from './vite.ts'

export interface DevServer {
  readonly server: ViteDevServer
  /** What a browser loads from here on, with all that it imports. */
  readonly visit: (url?: string) => Promise<Page>
  /** A file as the server sends it. */
  readonly request: (url: string) => Promise<Response>
}

export interface Page {
  /** The code of every module, by URL without time stamps. */
  readonly modules: ReadonlyMap<string, string>
  /** The URLs of all renditions. */
  readonly pictures: readonly string[]
}

/** Starts Vite's dev server on a free port, until the test ends. */
export async function viteDev(
  project: Pick<Sandbox, 'root' | 'options'>,
  own: InlineConfig = {},
  more: Options = {},
  create: typeof createServer = createServer,
): Promise<DevServer> {
  const server = await create(
    viteConfig(project, { ...own, server: { port: 0, host: 'localhost', ...own.server } }, more),
  )
  await server.listen()
  onTestFinished(() => server.close())
  await watching(server)
  const request = (url: string): Promise<Response> =>
    fetch(new URL(url, server.resolvedUrls!.local[0]), { headers: { accept: '*/*' } })

  async function load(url: string, modules: Map<string, string>, pictures: Set<string>) {
    const plain = url.replace(/([?&])t=\d+&?/, '$1').replace(/[?&]$/, '')
    if (modules.has(plain)) return
    modules.set(plain, '')
    const response = await request(url)
    const code = await response.text()
    if (!response.ok) throw new Error(`${url}: ${response.status}\n${code}`)
    modules.set(plain, code)
    const picture = /^export default "(\/[^"?]+\.(?:avif|webp|png|jpg)\?no-inline)"/.exec(code)?.[1]
    if (picture !== undefined) pictures.add(picture)
    const imports = [...code.matchAll(/(?:\bfrom|\bimport)\s*"(\/[^"]+)"/g)].map(
      ([, to = '']) => to,
    )
    for (const to of imports) {
      if (!to.startsWith('/@vite/')) await load(to, modules, pictures)
    }
  }

  return {
    server,
    request,
    async visit(url = '/src/main.js') {
      const modules = new Map<string, string>()
      const pictures = new Set<string>()
      await load(url, modules, pictures)
      return { modules, pictures: [...pictures].sort() }
    },
  }
}

/** Until the server sees what is written. */
async function watching({ config, watcher }: ViteDevServer): Promise<void> {
  const probe = path.join(config.root, 'probe.txt')
  let isSeen = false
  watcher.on('all', (_, file) => {
    if (file === probe) isSeen = true
  })
  let written = 0
  const write = (): boolean => {
    if (!isSeen) writeFileSync(probe, String(written++))
    return isSeen
  }
  await expect.poll(write, { timeout: 90_000 }).toBe(true)
}

/** What the pictures of a page are, by name and width. */
export async function looks(
  { request }: DevServer,
  { pictures }: Page,
): Promise<ReadonlyArray<PictureFacts & { readonly name: string }>> {
  return Promise.all(
    pictures.map(async (url) => {
      const response = await request(url)
      const name = /([^/]+)-[0-9a-f]{16}\.\w+\?/.exec(url)?.[1] ?? url
      return { name, ...(await look(new Uint8Array(await response.arrayBuffer()))) }
    }),
  )
}
