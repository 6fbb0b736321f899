import { cpSync } from 'node:fs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { listenToConsole } from './console.ts'
import type { GeneratedImage } from './generated-image.ts'
import { builtIn, buildWith, settingsFor } from './hosts/host.ts'
import { rspack, webpack } from './hosts/webpack.ts'
import { openSandbox, sandbox } from './sandbox.ts'

const ONE = {
  'src/one.image.yaml': [
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
    'images: { fox: { prompt: A fox in the snow, alt: A fox } }',
  ].join('\n'),
  'src/main.js': `export { fox } from './one.image.yaml'`,
}

let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox({ files: ONE })
  await buildWith(webpack, filled)
})
afterAll(() => filled.dispose())

test.each([webpack, rspack])(
  '$name shows what a command makes beside it, in a store that was not there',
  async (host) => {
    listenToConsole()
    const project = await sandbox({ files: ONE })
    const settings = settingsFor({ options: { dev: { generate: 'off' } } })
    const watching = await host.watch(project, settings)
    onTestFinished(() => watching.close())
    const fox = async (): Promise<string> =>
      ((await builtIn(project, settings).values())['fox'] as GeneratedImage).src
    expect(await watching.next()).toBeUndefined()
    const standIn = await fox()

    cpSync(filled.path('.imagegen'), project.path('.imagegen'), { recursive: true })
    // The first picture may come before its receipt.
    do expect(await watching.next()).toBeUndefined()
    while ((await fox()) === standIn)
    expect(project.asked()).toBe(0)
  },
)
