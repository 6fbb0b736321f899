import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { expectNoLeaks, expectPictures } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { HOSTS } from './hosts/all.ts'
import { buildWith, builtIn, settingsFor } from './hosts/host.ts'
import { vite8 } from './hosts/vite.ts'
import { FILES, MEDIA, filled, mediaFacts } from './media-project.ts'
import { openSandbox, sandbox } from './sandbox.ts'

describe('what an image shows for other media', () => {
  /** One project for all hosts: what it renders is rendered once. */
  let project: Awaited<ReturnType<typeof openSandbox>>

  beforeAll(async () => {
    project = await filled(await openSandbox({ files: FILES }))
  })
  afterAll(() => project.dispose())

  test.each(HOSTS.map((host) => ({ name: host.name, host })))(
    'is emitted by $name, each file once, and the server agrees',
    async ({ name, host }) => {
      const client = await buildWith(host, project, { out: `${name}-client`, sourcemap: true })
      const { kira } = (await client.values()) as { kira: GeneratedImage }
      expect(mediaFacts(kira)).toEqual(MEDIA)
      await expectPictures(client, [kira])
      const server = await buildWith(host, project, { out: `${name}-server`, target: 'server' })
      expect((await server.values())['kira']).toEqual(kira)
      expect(project.emulator.stats().requests).toBe(2)
      for (const { out } of [client, server]) expectNoLeaks(out, project, 8)
    },
  )

  test.each(HOSTS.map((host) => ({ name: host.name, host })))(
    'is emitted again by $name while it watches, when only that is edited',
    async ({ host }) => {
      listenToConsole()
      const watched = await filled(
        await sandbox({ files: FILES, store: project.path('.imagegen') }),
      )
      const settings = settingsFor()
      const built = builtIn(watched, settings)
      const watching = await host.watch(watched, settings)
      onTestFinished(() => watching.close())
      expect(await watching.next()).toBeUndefined()
      const { kira: before } = (await built.values()) as { kira: GeneratedImage }
      expect(mediaFacts(before)).toEqual(MEDIA)

      watched.edit('src/cast.image.yaml', 'aspectRatio: 1:2', 'aspectRatio: 1:1')
      let after = before
      await expect
        .poll(async () => {
          // Some watchers miss what is written in the moment in which they begin to look.
          watched.write('src/cast.image.yaml', watched.read('src/cast.image.yaml'))
          // The next build may be emptying the folder already.
          const values = await built.values().catch(() => ({}))
          if ('kira' in values) after = values.kira as GeneratedImage
          return mediaFacts(after)[0]
        })
        .toEqual(['(max-width: 600px)', 16, 16, 'jpeg', ['webp']])
      expect(after.media?.slice(1)).toEqual(before.media?.slice(1))
      await expect.poll(() => existsSync(built.fileOf(after.media![0]!.src))).toBe(true)
      expect(watched.asked()).toBe(0)
    },
  )
})

test('a frozen build fails with the other image that is missing', async () => {
  const project = await filled(await sandbox({ files: FILES }))
  await buildWith(vite8, project)
  const frozen = { options: { mode: 'frozen' as const } }
  await buildWith(vite8, project, frozen)
  project.edit('src/sky.image.yaml', 'A night of', 'A starless night of')
  await expect(buildWith(vite8, project, frozen)).rejects.toThrow(
    'src/sky.image.yaml:3:3  night is missing: prompt changed',
  )
  expect(project.asked()).toBe(2)
})
