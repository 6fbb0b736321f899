import { rspack } from '@rspack/core'
import webpack, { type Compiler, type Configuration, type WebpackPluginInstance } from 'webpack'
import { expect, test } from 'vitest'
import type { Options } from '../../src/options/options.ts'
import rspackPlugin from '../../src/rspack.ts'
import webpackPlugin from '../../src/webpack.ts'
import { listenToConsole } from './console.ts'
import { sandbox } from './sandbox.ts'
import { webpackWatch } from './webpack.ts'

interface Kind {
  readonly make: (configuration: Configuration) => Compiler | null
  readonly imagegen: (options: Options) => WebpackPluginInstance
  readonly replacement: () => WebpackPluginInstance
}

/** They differ in types alone, as far as this goes. */
const KINDS = {
  webpack: {
    make: webpack,
    imagegen: webpackPlugin,
    replacement: () => new webpack.HotModuleReplacementPlugin(),
  },
  Rspack: {
    make: rspack,
    imagegen: rspackPlugin,
    replacement: () => new rspack.HotModuleReplacementPlugin(),
  } as unknown as Kind,
} satisfies Record<string, Kind>

test.each(Object.entries<Kind>(KINDS))(
  '%s with HMR: images are renamed, removed, added and brought back without an error that stays',
  async (_, { make, imagegen, replacement }) => {
    listenToConsole()
    const project = await sandbox({
      files: {
        'src/cast.image.yaml': [
          'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
          'images:',
          '  kira: { prompt: K, alt: look 0 }',
          '  other: { prompt: O, alt: o }',
          '',
        ].join('\n'),
        'src/app.js': `import { kira } from './cast.image.yaml'\nglobalThis.shown = kira.alt\nmodule.hot?.accept()\n`,
        'src/main.js': `import './app.js'\n`,
      },
    })
    const plugins = [imagegen({ ...project.options, mode: 'placeholder' }), replacement()]
    const watcher = webpackWatch(project, { mode: 'development', plugins }, make)
    /** Builds until the page is sound and shows a look. */
    const settle = async (look: string): Promise<void> => {
      for (;;) {
        const { errors: found = [] } = (await watcher.next()).toJson({ all: false, errors: true })
        const errors = found.map(({ message }) => message)
        expect(errors.join('\n')).not.toContain('no id assigned')
        if (errors.length === 0 && project.read('dist/main.js').includes(`${look}"`)) return
      }
    }
    const yaml = 'src/cast.image.yaml'
    const app = 'src/app.js'
    const edits: ReadonlyArray<ReadonlyArray<readonly [string, string, string]>> = [
      [
        [yaml, '  kira:', '  mira:'],
        [app, '{ kira }', '{ mira as kira }'],
      ],
      [
        [app, '{ mira as kira }', '{ vera as kira }'],
        [yaml, '  mira:', '  vera:'],
      ],
      [[yaml, '  other: { prompt: O, alt: o }\n', '']],
      [[yaml, '  vera:', '  extra: { prompt: E, alt: e }\n  vera:']],
      [[yaml, '  extra: { prompt: E, alt: e }\n', '']],
      [
        [yaml, '  vera:', '  zora:'],
        [yaml, '  zora:', '  vera:'],
      ],
    ]
    await settle('look 0')
    for (const [step, changes] of edits.entries()) {
      for (const [index, change] of changes.entries()) {
        project.edit(...change)
        if (index < changes.length - 1) await watcher.next()
      }
      project.edit(yaml, `look ${step}`, `look ${step + 1}`)
      await settle(`look ${step + 1}`)
    }
  },
)
