import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rspack } from '@rspack/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import webpack from 'webpack'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

/*
 * Parts of webpack, Rspack and unplugin that are not documented and that `src/plugin/hosts/webpack.ts` and
 * `webpack-rules.ts` rely on. A failure here says which one is gone, and where to look.
 */

interface Compiler {
  readonly modifiedFiles?: ReadonlySet<string> | undefined
  readonly fileTimestamps?: { has(file: string): boolean; delete?(file: string): boolean }
  readonly inputFileSystem: { purge?(files: string[]): void } | null
  readonly hooks: {
    readonly watchRun: { tap(name: string, run: (compiler: Compiler) => void): void }
  }
  watch(options: object, done: () => void): { close(done: () => void): void } | undefined
  run(done: (error: Error | null) => void): void
  close(done: () => void): void
}

interface SeenByLoader {
  readonly type: string | undefined
  readonly issuer: string | undefined
  readonly target: unknown
}

const KINDS = [
  { name: 'webpack', create: webpack as unknown as (configuration: object) => Compiler },
  { name: 'Rspack', create: rspack as unknown as (configuration: object) => Compiler },
]

/** Says what a loader sees, through a function among its options. */
const LOADER = `module.exports = function (source) {
  const { _module, _compilation, target } = this
  let issuer
  try { issuer = _compilation.moduleGraph.getIssuer(_module)?.resource } catch {}
  this.getOptions().tell({ type: _module.type, issuer, target })
  return source
}`

async function project(): Promise<TemporaryProject> {
  return temporaryProject({
    'package.json': '{ "name": "canary" }',
    'main.js': 'require("./kira.js")',
    'kira.js': 'module.exports = 1',
    'loader.js': LOADER,
  })
}

function configuration(root: string, more: object = {}): object {
  return {
    context: root,
    mode: 'development',
    entry: './main.js',
    output: { path: path.join(root, 'dist') },
    infrastructureLogging: { level: 'none' },
    ...more,
  }
}

describe.each(KINDS)('$name', ({ name, create }) => {
  // https://github.com/webpack/webpack/blob/main/lib/Watching.js (`_go`)
  // https://github.com/web-infra-dev/rspack/blob/main/packages/rspack/src/Watching.ts
  test('compiler.modifiedFiles has what changed since the last build of a watcher', async () => {
    const { root, file } = await project()
    const compiler = create(configuration(root))
    const changes: Array<readonly string[]> = []
    const gone: string[] = []
    compiler.hooks.watchRun.tap('canary', ({ modifiedFiles, fileTimestamps, inputFileSystem }) => {
      changes.push([...(modifiedFiles ?? [])])
      // webpack only: Rspack reads every file of `modifiedFiles` again.
      if (name !== 'webpack' || changes.length === 1) return
      if (fileTimestamps?.delete === undefined) gone.push('compiler.fileTimestamps.delete')
      if (inputFileSystem?.purge === undefined) gone.push('compiler.inputFileSystem.purge')
    })
    let builds = 0
    const watching = compiler.watch({ aggregateTimeout: 5 }, () => builds++)
    onTestFinished(
      () => new Promise((done) => (watching === undefined ? done() : watching.close(done))),
    )
    await expect.poll(() => builds).toBeGreaterThan(0)
    writeFileSync(file('kira.js'), 'module.exports = 2')
    await expect
      .poll(() => changes.slice(1).flat(), {
        message: `${name} tells no changed files in compiler.modifiedFiles: see \`tellChanged\``,
      })
      .toContain(file('kira.js'))
    expect(gone, 'webpack lacks these: see `tellChanged`').toEqual([])
  })

  // https://github.com/webpack/webpack/blob/main/lib/NormalModule.js (`_module`, `_compilation` of the loader context)
  // https://github.com/web-infra-dev/rspack/blob/main/packages/rspack/src/loader-runner/index.ts
  test('_module and _compilation tell a loader the type of a module and who asks for it', async () => {
    const { root, file } = await project()
    const seen: SeenByLoader[] = []
    const use = [
      { loader: file('loader.js'), options: { tell: (one: SeenByLoader) => seen.push(one) } },
    ]
    const compiler = create(
      configuration(root, { module: { rules: [{ test: /kira\.js$/, use }] } }),
    )
    await new Promise<void>((done, fail) =>
      compiler.run((error) => (error === null ? done() : fail(error))),
    )
    await new Promise<void>((done) => compiler.close(done))
    expect(seen, `${name} ran no loader with _module`).toHaveLength(1)
    expect(seen[0]?.type, `${name}: _module.type is gone: see \`refuseOtherRules\``).toBe(
      'javascript/auto',
    )
    expect(seen[0]?.target).toBe('web')
    // Rspack knows the issuer only after all modules were built.
    if (name === 'webpack') {
      expect(seen[0]?.issuer, 'moduleGraph.getIssuer is gone: see `issuerOf`').toBe(file('main.js'))
    }
  })
})

// https://github.com/unjs/unplugin/tree/main/src/webpack/loaders
test('the loaders of unplugin lie in dist/webpack and dist/rspack', () => {
  const dist = path.dirname(fileURLToPath(import.meta.resolve('unplugin')))
  expect(path.basename(dist), 'unplugin moved: see `OF_UNPLUGIN`').toBe('dist')
  for (const host of ['webpack', 'rspack']) {
    const files = readdirSync(path.join(dist, host), { recursive: true, encoding: 'utf8' })
    expect(
      files.filter((file) => /load/.test(file)),
      `see \`OF_UNPLUGIN\``,
    ).not.toEqual([])
  }
})
