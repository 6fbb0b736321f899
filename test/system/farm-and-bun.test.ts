import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoLeaks } from '../bundlers/expect-pictures.ts'
import { vite8 } from '../bundlers/hosts/vite.ts'
import { buildWith } from '../bundlers/hosts/host.ts'
import { look, openSandbox, picturesBelow } from '../bundlers/sandbox.ts'
import { installed, type InstalledPackages } from './installed.ts'

const repository = path.join(import.meta.dirname, '../..')

let packages: InstalledPackages
let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  const tarball = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', process.env['TMPDIR'] ?? '/tmp'],
    { cwd: repository, encoding: 'utf8' },
  ).trim()
  packages = installed({
    '@farmfe/core': '^1.7.11',
    bun: '^1.4.5',
    'unplugin-imagegen': `file:${path.join(process.env['TMPDIR'] ?? '/tmp', tarball)}`,
  })
  rmSync(path.join(process.env['TMPDIR'] ?? '/tmp', tarball))
  project = await openSandbox({
    files: { 'src/one.js': `import { kira } from './cast.image.yaml'; globalThis.shown = kira` },
  })
  await buildWith(vite8, project)
  for (const name of ['src', '.imagegen']) {
    cpSync(project.path(name), path.join(packages.folder, name), { recursive: true })
  }
}, 300_000)
afterAll(async () => {
  packages?.remove()
  await project?.dispose()
})

const BUILDS = {
  farm: `
    import { build } from '@farmfe/core'
    import imagegen from 'unplugin-imagegen/farm'
    for (const name of ['main', 'one']) {
      const input = { index: './src/' + name + '.js' }
      const output = { path: 'out/farm-' + name, publicPath: '/sub/', format: 'esm' }
      await build({
        root: process.cwd(),
        configPath: false,
        compilation: { input, output, minify: false, sourcemap: true, persistentCache: false },
        plugins: [imagegen({ mode: 'frozen' })],
      })
    }
  `,
  bun: `
    import imagegen from 'unplugin-imagegen/bun'
    for (const name of ['main', 'one']) {
      await Bun.build({
        entrypoints: ['src/' + name + '.js'],
        outdir: 'out/bun-' + name,
        publicPath: '/sub/',
        sourcemap: 'linked',
        plugins: [imagegen({ mode: 'frozen' })],
      })
    }
  `,
}

/** Runs a build script there. What it says, where it fails. */
function build(kind: keyof typeof BUILDS): string | undefined {
  writeFileSync(path.join(packages.folder, `${kind}.mjs`), BUILDS[kind])
  const runner = kind === 'bun' ? path.join(packages.folder, 'node_modules/.bin/bun') : 'node'
  try {
    execFileSync(runner, [`${kind}.mjs`], {
      cwd: packages.folder,
      env: { ...process.env, CI: '', VITEST: undefined, NODE_ENV: 'production', NO_COLOR: '1' },
      stdio: 'pipe',
    })
    return undefined
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer }
    return `${stdout.toString()}${stderr.toString()}`
  }
}

describe.each(['bun', 'farm'] as const)('%s', (kind) => {
  test('builds pictures of the promised sizes, below its public path', async () => {
    expect(build(kind)).toBeUndefined()
    const out = path.join(packages.folder, `out/${kind}-main`)
    const pictures = picturesBelow(out)
    // Both leave the files of all images of a manifest there.
    expect(pictures).toHaveLength(30)
    expect(picturesBelow(path.join(packages.folder, `out/${kind}-one`))).toHaveLength(24)
    const code = readdirSync(out)
      .filter((name) => /\.m?js$/.test(name))
      .map((name) => readFileSync(path.join(out, name), 'utf8'))
      .join('\n')
    const urls = [...code.matchAll(/["'](\/sub\/(?:kira|hero)[\w.-]+)["']/g)].map(([, url]) => url!)
    expect(urls.length).toBeGreaterThanOrEqual(14)
    for (const url of urls) {
      const { width } = await look(path.join(out, url.slice('/sub/'.length)))
      expect([64, 96, 128, 192]).toContain(width)
    }
    const folder = {
      root: packages.folder,
      path: (...parts: string[]) => project.path(...parts),
    }
    expectNoLeaks(out, folder)
  })

  test('says what is wrong with a manifest', () => {
    const file = path.join(packages.folder, 'src/cast.image.yaml')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('seed:', 'sede:'))
    expect(build(kind)).toMatch(/src\/cast\.image\.yaml:9:5 {2}Unknown field `sede`/)
    writeFileSync(file, text)
  })
})
