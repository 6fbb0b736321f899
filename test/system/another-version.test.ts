import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { buildWith } from '../bundlers/hosts/host.ts'
import { vite8 } from '../bundlers/hosts/vite.ts'
import { filesBelow, picturesBelow, sandbox } from '../bundlers/sandbox.ts'

const repository = path.join(import.meta.dirname, '../..')

const BUNDLERS = {
  webpack: `
    import bundler from 'webpack'
    import imagegen from './dist/webpack.js'
    const cache = { type: 'filesystem', cacheDirectory: process.cwd() + '/bundler-cache', idleTimeoutForInitialStore: 0 }
  `,
  rspack: `
    import { rspack as bundler } from '@rspack/core'
    import imagegen from './dist/rspack.js'
    const storage = { type: 'filesystem', directory: process.cwd() + '/bundler-cache' }
    const cache = { type: 'persistent', storage }
  `,
}

const BUILD = `
  const compiler = bundler({
    mode: 'production',
    entry: './src/main.js',
    cache,
    output: { path: process.cwd() + '/dist', clean: true },
    plugins: [imagegen({ mode: 'frozen' })],
  })
  compiler.run((error, stats) => {
    if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString())
    compiler.close(() => undefined)
  })
`

/** How the value of an image gets its format, as the code that makes it has it. */
const FORMAT = 'format: plain(format)'

test.each(['webpack', 'rspack'] as const)(
  'the cache of %s does not hide what another version of this package emits',
  async (bundler) => {
    const project = await sandbox()
    await buildWith(vite8, project)
    cpSync(path.join(repository, 'dist'), project.path('tool/dist'), { recursive: true })
    cpSync(path.join(repository, 'package.json'), project.path('tool/package.json'))
    symlinkSync(path.join(repository, 'node_modules'), project.path('tool/node_modules'))
    writeFileSync(project.path('tool/build.mjs'), `${BUNDLERS[bundler]}${BUILD}`)
    const build = (): string => {
      execFileSync('node', [project.path('tool/build.mjs')], {
        cwd: project.root,
        env: { ...process.env, VITEST: undefined, NODE_ENV: undefined },
        stdio: 'pipe',
      })
      return filesBelow(project.path('dist')).get('main.js')!.toString('utf8')
    }
    const first = build()
    expect(build()).toBe(first)
    expect(first).not.toContain('edition')

    const writers = [...filesBelow(project.path('tool/dist'))].filter(([, code]) =>
      code.includes(FORMAT),
    )
    expect(writers).toHaveLength(1)
    for (const [name, code] of writers) {
      const other = code.toString('utf8').replace(FORMAT, `edition: 2, ${FORMAT}`)
      writeFileSync(project.path('tool/dist', name), other)
    }
    const manifest = JSON.parse(
      readFileSync(path.join(repository, 'package.json'), 'utf8'),
    ) as object
    // A release that writes other code has another version.
    writeFileSync(
      project.path('tool/package.json'),
      JSON.stringify({ ...manifest, version: '99.0.0' }),
    )
    const second = build()
    expect(second).toContain('edition:2')
    expect(picturesBelow(project.path('dist'))).toHaveLength(14)
    expect(build()).toBe(second)
  },
)
