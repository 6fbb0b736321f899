import webpack from 'webpack'
import { expect, test } from 'vitest'
import imagegen from '../../src/webpack.ts'
import { listenToConsole } from './console.ts'
import { sandbox } from './sandbox.ts'
import { webpackWatch } from './webpack.ts'

test('webpack with HMR: images are renamed, removed, added and brought back without an error that stays', async () => {
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
  const watcher = webpackWatch(project, {
    mode: 'development',
    plugins: [
      imagegen({ ...project.options, mode: 'placeholder' }),
      new webpack.HotModuleReplacementPlugin(),
    ],
  })
  /** Builds until the page is sound and shows a look. */
  const settle = async (look: string): Promise<void> => {
    for (;;) {
      const { compilation } = await watcher.next()
      const errors = compilation.errors.map(({ message }) => message)
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
})
