import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectPictures } from '../bundlers/expect-pictures.ts'
import type { GeneratedImage } from '../bundlers/generated-image.ts'
import { HOSTS } from '../bundlers/hosts/all.ts'
import { buildWith } from '../bundlers/hosts/host.ts'
import { filesBelow, openSandbox, png } from '../bundlers/sandbox.ts'

let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  project = await openSandbox({
    folder: 'workspace/packages/app',
    files: {
      '../../package.json': '{ "workspaces": ["packages/*"] }',
      '../art/package.json': JSON.stringify({
        name: '@acme/art',
        type: 'module',
        exports: { '.': './index.js', './logo': './logo.image.yaml' },
      }),
      '../art/index.js': `export { fox } from './animals.image.yaml'`,
      '../art/logo.image.yaml': 'source: ./logo.png\nalt: A logo\noutput: { widths: [12] }',
      '../art/animals.image.yaml': [
        'defaults: { source: ./logo.png, output: { widths: [16] } }',
        'images: { fox: { alt: A fox }, owl: { alt: An owl } }',
      ].join('\n'),
      'src/main.js': `
        export { owl } from '../../art/animals.image.yaml'
        export { fox } from '@acme/art'
        export { default as logo } from '@acme/art/logo'
      `,
    },
  })
  project.write('../art/logo.png', await png('#246'))
  mkdirSync(project.path('node_modules/@acme'), { recursive: true })
  // As package managers link the packages of a workspace.
  symlinkSync(project.path('../art'), project.path('node_modules/@acme/art'))
})
afterAll(() => project.dispose())

describe.each(HOSTS.map((host) => ({ name: host.name, host })))('$name', ({ name, host }) => {
  const out = name.replace(' ', '-')
  const include = ['src/**/*.image.yaml', '../art/**/*.image.yaml']
  // Plain Rollup resolves no packages.
  const before = host.name === 'Rollup 4' ? [packagesOfArt()] : []

  test('manifests outside of the root, in a linked package of the workspace', async () => {
    const built = await buildWith(host, project, {
      before,
      out,
      sourcemap: true,
      options: { include },
    })
    const { fox, owl, logo } = (await built.values()) as Record<string, GeneratedImage>
    expect([fox?.alt, owl?.alt, logo?.alt]).toEqual(['A fox', 'An owl', 'A logo'])
    await expectPictures(built, [fox!, owl!, logo!])
    const top = path.dirname(path.dirname(project.root))
    for (const [file, bytes] of filesBelow(built.out)) {
      expect(bytes.includes(top), `the machine's folder in ${file}`).toBe(false)
    }
  })

  test('a file outside of `allow` is an error', async () => {
    const options = { include, allow: '.' }
    await expect(buildWith(host, project, { before, out, options })).rejects.toThrow(
      /outside of the folders that manifests may use/,
    )
  })
})

function packagesOfArt(): object {
  const files: Readonly<Record<string, string>> = {
    '@acme/art': 'index.js',
    '@acme/art/logo': 'logo.image.yaml',
  }
  return {
    name: 'packages',
    resolveId(source: string) {
      const file = files[source]
      return file === undefined ? null : project.path('../art', file).replaceAll('\\', '/')
    },
  }
}
