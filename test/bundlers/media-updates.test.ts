import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import type { GeneratedImage } from './generated-image.ts'
import { connectHmr } from './hmr-client.ts'
import { buildWith } from './hosts/host.ts'
import { vite8 } from './hosts/vite.ts'
import { FILES, SKY, filled } from './media-project.ts'
import { png, sandbox, type Sandbox } from './sandbox.ts'
import { viteDev } from './vite-dev.ts'
import { failOn, webpackWatch } from './webpack.ts'

/** What the module of an image shows while its host watches. */
interface Watched {
  readonly kira: () => Promise<GeneratedImage>
  /** Waits for updates until something holds. */
  readonly until: (holds: (kira: GeneratedImage) => boolean) => Promise<GeneratedImage>
}

async function watchedByVite(project: Sandbox): Promise<Watched> {
  project.write(
    'src/main.js',
    `export { kira } from './cast.image.yaml'; if (import.meta.hot) import.meta.hot.accept()`,
  )
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const kira = async (): Promise<GeneratedImage> => {
    await dev.visit()
    return ((await dev.server.ssrLoadModule('/src/main.js')) as { kira: GeneratedImage }).kira
  }
  await kira()
  return {
    kira,
    async until(holds) {
      let seen: GeneratedImage | undefined
      await hmr.until(async () => holds((seen = await kira())))
      return seen!
    },
  }
}

async function watchedByWebpack(project: Sandbox): Promise<Watched> {
  project.write('src/main.js', `import { kira } from './cast.image.yaml'; globalThis.shown = kira`)
  const watcher = webpackWatch(project)
  const kira = async (): Promise<GeneratedImage> => {
    const context: { shown?: GeneratedImage } = {}
    runInNewContext(readFileSync(project.path('dist/main.js'), 'utf8'), context)
    return context.shown!
  }
  failOn(await watcher.next())
  return {
    kira,
    async until(holds) {
      for (;;) {
        failOn(await watcher.next())
        const seen = await kira()
        if (holds(seen)) return seen
      }
    },
  }
}

const urlsOf = ({ media = [] }: GeneratedImage): string[] => media.map(({ src }) => src)

test.each([
  ['Vite', watchedByVite],
  ['webpack', watchedByWebpack],
])(
  '%s updates the module when another image that it shows changes, and when that arrives',
  async (_, watch) => {
    listenToConsole()
    const project = await filled(await sandbox({ files: FILES }))
    await buildWith(vite8, project)
    expect(project.asked()).toBe(2)
    const watched = await watch(project)
    const first = await watched.kira()

    project.edit('src/sky.image.yaml', 'A night of', 'A starless night of')
    const waiting = await watched.until((kira) => urlsOf(kira)[1] !== urlsOf(first)[1])
    const later = await watched.until((kira) => urlsOf(kira)[1] !== urlsOf(waiting)[1])
    expect(project.asked()).toBe(1)
    expect(new Set([first, waiting, later].map((kira) => urlsOf(kira)[1])).size).toBe(3)
    for (const kira of [waiting, later]) {
      expect({ ...kira, media: [] }).toEqual({ ...first, media: [] })
      expect([kira.media?.[0], kira.media?.[2]]).toEqual([first.media?.[0], first.media?.[2]])
    }

    project.edit('src/cast.image.yaml', 'aspectRatio: 1:2', 'aspectRatio: 1:1')
    const cropped = await watched.until((kira) => urlsOf(kira)[0] !== urlsOf(later)[0])
    expect(cropped.media?.[0]).toMatchObject({ width: 16, height: 16 })
    expect(cropped.media?.slice(1)).toEqual(later.media?.slice(1))
    expect(project.asked()).toBe(0)

    project.write('src/line.png', await png('#642'))
    const drawn = await watched.until((kira) => urlsOf(kira)[2] !== urlsOf(cropped)[2])
    expect(drawn.media?.slice(0, 2)).toEqual(cropped.media?.slice(0, 2))
  },
)

test('an error in the other manifest is an error of the module, until it is fixed', async () => {
  const said = listenToConsole()
  const project = await filled(await sandbox({ files: FILES }))
  project.write('src/sky.image.yaml', 'images: { night: { promt: x } }')
  const dev = await viteDev(project, {}, { mode: 'placeholder' })
  await expect(dev.visit()).rejects.toThrow('Did you mean `prompt`?')
  expect(said.join()).toContain('src/sky.image.yaml:1:')
  project.write('src/sky.image.yaml', SKY)
  const page = async (): Promise<number> =>
    dev.visit().then(
      ({ pictures }) => pictures.length,
      () => 0,
    )
  await expect.poll(page, { timeout: 20_000 }).toBe(2 * 2 + 2 + 1 + 1 + 1)
})
