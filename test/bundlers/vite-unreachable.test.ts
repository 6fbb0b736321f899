import { build, createBuilder, createLogger, type InlineConfig } from 'vite'
import { build as build6 } from 'vite-6'
import { expect, test } from 'vitest'
import { picturesBelow, sandbox, type Sandbox } from './sandbox.ts'
import { viteConfig } from './vite.ts'

type Build = (config: object) => Promise<unknown>

const ONE = {
  'src/main.js': "import { kira } from './cast.image.yaml'\nexport const src = kira.src\n",
  'src/page.js': "export const title = 'No picture'\n",
}

/** A configuration whose builds say what Vite says. */
function saying(
  project: Sandbox,
  own: InlineConfig,
): { readonly config: InlineConfig; readonly said: Record<'info' | 'warn', string[]> } {
  const said = { info: [] as string[], warn: [] as string[] }
  const logger = createLogger('silent')
  logger.info = (message) => void said.info.push(message)
  logger.warn = (message) => void said.warn.push(message)
  return { config: viteConfig(project, { ...own, customLogger: logger, logLevel: 'info' }), said }
}

const ours = (messages: readonly string[]): string[] =>
  messages.filter((message) => message.includes('[imagegen]'))

test.each<[string, Build]>([
  ['Vite 6', build6],
  ['Vite 8', build],
])("%s: a library with the default base is told of base: './'", async (_, run) => {
  const project = await sandbox({ files: ONE })
  const lib = { entry: 'src/main.js', formats: ['es' as const], fileName: 'main' }
  const fixed = saying(project, { build: { lib } })
  await run(fixed.config)
  expect(ours(fixed.said.warn)).toEqual([
    expect.stringMatching(/kira: in a library.*`base: '.\/'`/),
  ])

  for (const own of [{ base: './' }, { base: 'https://cdn.example/' }]) {
    const { config, said } = saying(project, { ...own, build: { lib } })
    await run(config)
    expect(ours(said.warn)).toEqual([])
  }
})

test('a build for servers says that ssrEmitAssets decides about its pictures', async () => {
  const project = await sandbox({ files: ONE })
  const alone = saying(project, { build: { ssr: 'src/main.js', outDir: 'out' } })
  await build(alone.config)
  expect(ours(alone.said.info)).toEqual([
    expect.stringMatching(/kira: a server's build .* If only .*`build.ssrEmitAssets: true`/),
  ])
  expect(picturesBelow(project.path('out'))).toEqual([])

  const emitting = saying(project, {
    build: { ssr: 'src/main.js', outDir: 'out', ssrEmitAssets: true },
  })
  await build(emitting.config)
  expect(ours([...emitting.said.info, ...emitting.said.warn])).toEqual([])
  expect(picturesBelow(project.path('out')).length).toBeGreaterThan(0)
})

test.each([
  { page: 'src/page.js', warnings: 1 },
  { page: 'src/main.js', warnings: 0 },
])(
  'a build of browser ($page) and server warns of $warnings missing picture',
  async ({ page, warnings }) => {
    const project = await sandbox({ files: ONE })
    const { config, said } = saying(project, {
      builder: { sharedConfigBuild: true, sharedPlugins: true },
      environments: {
        client: { build: { outDir: 'dist/client', rolldownOptions: { input: page } } },
        ssr: { build: { outDir: 'dist/server', rolldownOptions: { input: 'src/main.js' } } },
      },
    })
    const builder = await createBuilder(config)
    await builder.build(builder.environments['client']!)
    await builder.build(builder.environments['ssr']!)
    expect(ours(said.warn)).toHaveLength(warnings)
    if (warnings > 0) expect(ours(said.warn)[0]).toContain('kira')
    expect(ours(said.info)).toEqual([])
  },
)
