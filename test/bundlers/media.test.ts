import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoLeaks, expectPictures } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { HOSTS } from './hosts/all.ts'
import { buildWith } from './hosts/host.ts'
import { vite8 } from './hosts/vite.ts'
import { FILES, filled } from './media-project.ts'
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
      const sides = kira.media?.map(({ media, width, height, format, sources }) => {
        return [media, width, height, format, Object.keys(sources)]
      })
      expect(sides).toEqual([
        ['(max-width: 600px)', 16, 32, 'jpeg', ['webp']],
        ['(prefers-color-scheme: dark)', 64, 64, 'jpeg', []],
        ['print', 64, 32, 'png', []],
      ])
      await expectPictures(client, [kira])
      const server = await buildWith(host, project, { out: `${name}-server`, target: 'server' })
      expect((await server.values())['kira']).toEqual(kira)
      expect(project.emulator.stats().requests).toBe(2)
      for (const { out } of [client, server]) expectNoLeaks(out, project, 8)
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
