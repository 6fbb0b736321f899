import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import rolldownPlugin from '../../src/rolldown.ts'
import rollupPlugin from '../../src/rollup.ts'
import type { GeneratedImage } from './generated-image.ts'
import { buildWith } from './hosts/host.ts'
import { rollup as rollupHost } from './hosts/rollup.ts'
import { openSandbox, picturesBelow, sandbox } from './sandbox.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await buildWith(rollupHost, filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

describe.each([
  { name: 'Rollup', open: rollup, plugin: rollupPlugin },
  { name: 'Rolldown', open: rolldown, plugin: rolldownPlugin },
])('$name', ({ open, plugin }) => {
  test('several outputs of one build, in several formats', async () => {
    const project = await sandbox({ store })
    process.chdir(project.root)
    const bundle = await (open as typeof rollup)({
      input: project.path('src/main.js'),
      plugins: [plugin(project.options) as never],
    })
    await bundle.write({
      dir: project.path('esm'),
      format: 'es',
      assetFileNames: 'a/[name][extname]',
    })
    await bundle.write({ dir: project.path('cjs'), format: 'cjs', entryFileNames: '[name].cjs' })
    await bundle.close()
    const { pictures } = createRequire(import.meta.url)(project.path('cjs/main.cjs')) as {
      pictures: Record<string, GeneratedImage>
    }
    for (const { src } of Object.values(pictures)) expect(existsSync(new URL(src))).toBe(true)
    expect(picturesBelow(project.path('cjs'))).toHaveLength(14)
    const names = picturesBelow(project.path('esm'))
    expect(names).toHaveLength(14)
    for (const name of names) expect(name).toMatch(/^a\/(?:kira|hero)[\w-]*-[0-9a-f]{16}\.\w+$/)
  })

  test('builds side by side may share a plugin', async () => {
    const project = await sandbox({
      store,
      files: { 'src/other.js': `export { default as hero } from './hero.image.yaml'` },
    })
    process.chdir(project.root)
    const shared = plugin(project.options) as never
    const sizes = await Promise.all(
      ['main', 'other'].map(async (name) => {
        const input = project.path(`src/${name}.js`)
        const bundle = await (open as typeof rollup)({ input, plugins: [shared] })
        const { output } = await bundle.generate({ format: 'es' })
        await bundle.close()
        return output.filter(({ type }) => type === 'asset').length
      }),
    )
    expect(sizes).toEqual([14, 6])
    expect(project.asked()).toBe(0)
  })
})
