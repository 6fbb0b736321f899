import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface PackageManifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

function read(...file: string[]): string {
  return readFileSync(path.join(root, ...file), 'utf8')
}

const own = JSON.parse(read('package.json')) as PackageManifest

describe.each([
  ['vite', 'vite'],
  ['webpack', 'webpack'],
  ['rspack', '@rspack/core'],
  ['rsbuild', undefined],
  ['esbuild', 'esbuild'],
  ['rollup', 'rollup'],
  ['astro', undefined],
  ['nuxt', undefined],
  ['next', undefined],
  ['sveltekit', 'vite'],
  ['storybook', 'vite'],
] as const)('examples/%s', (name, bundler) => {
  const manifest = JSON.parse(read('examples', name, 'package.json')) as PackageManifest
  const readme = read('examples', name, 'README.md')

  it('depends on the repository, and on the bundler that is tested here', () => {
    expect(manifest.devDependencies[own.name]).toBe('file:../..')
    if (bundler === undefined) return
    expect(manifest.devDependencies[bundler]).toBe(own.devDependencies[bundler])
  })

  it('has every script that its README names', () => {
    const scripts = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script)
    expect(scripts.length).toBeGreaterThan(1)
    for (const script of scripts) expect(manifest.scripts).toHaveProperty(script!)
  })

  it('has every file that its README names', () => {
    const files = [
      ...[...readme.matchAll(/^\| `([^`]+)`/gm)].map(([, file]) => file!),
      ...[...readme.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link!),
    ]
    expect(files.length).toBeGreaterThan(3)
    for (const file of files)
      expect(existsSync(path.join(root, 'examples', name, file)), file).toBe(true)
  })
})

describe('the two pages', () => {
  it('make a <picture> in the same way', () => {
    expect(read('examples/webpack/src/picture.js')).toBe(read('examples/vite/src/picture.js'))
  })
})
