import { rspack } from '@rspack/core'
import MiniCssExtractPlugin from 'mini-css-extract-plugin'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageOf } from '../../src/shared/errors.ts'
import { listenToConsole } from '../bundlers/console.ts'
import { buildWith, type Host } from '../bundlers/hosts/host.ts'
import { rspack as rspackHost, webpack } from '../bundlers/hosts/webpack.ts'
import { expectNoSecrets, KIRA_SET, shownIn } from '../bundlers/markup.ts'
import { sandbox } from '../bundlers/sandbox.ts'
import { installed, type InstalledPackages } from './installed.ts'

const require = createRequire(import.meta.url)

let packages: InstalledPackages

beforeAll(() => {
  packages = installed({ 'sass-loader': '^17.0.0', sass: '*', 'less-loader': '*', less: '*' })
})
afterAll(() => packages?.remove())

const EXTRACTING: ReadonlyArray<{ host: Host; loader: string; plugin: () => unknown }> = [
  { host: webpack, loader: MiniCssExtractPlugin.loader, plugin: () => new MiniCssExtractPlugin() },
  {
    host: rspackHost,
    loader: rspack.CssExtractRspackPlugin.loader,
    plugin: () => new rspack.CssExtractRspackPlugin({}),
  },
]

test.each(EXTRACTING)(
  '$host.name: Sass and Less files name images, and what they compile into themselves is an error',
  async ({ host, loader, plugin }) => {
    listenToConsole()
    const project = await sandbox({
      files: {
        'src/main.js': `import './page.scss'\nimport './page.less'`,
        'src/page.scss': `@use 'part';\n// url(./cast.image.yaml#nobody)\n.a { .b { background: url(./cast.image.yaml#kira) } }\n`,
        'src/_part.scss': '.c { color: red }\n',
        'src/page.less': `.d { .e { background: url('./cast.image.yaml#kira') } }\n`,
      },
    })
    const rules = ['scss', 'less'].map((language) => ({
      test: new RegExp(`\\.${language}$`),
      type: 'javascript/auto',
      use: [
        loader,
        require.resolve('css-loader'),
        packages.resolve(language === 'scss' ? 'sass-loader' : 'less-loader'),
      ],
    }))
    const adds = {
      apply(compiler: { options: { module: { rules: unknown[] } } }) {
        compiler.options.module.rules.push(...rules)
      },
    }
    const build = (): ReturnType<typeof buildWith> =>
      buildWith(host, project, { before: [adds, plugin()] })
    const { out } = await build()
    expect((await shownIn(out, '/'))['css']).toEqual([...KIRA_SET, ...KIRA_SET])
    expectNoSecrets(out, project)

    project.write(
      'src/_part.scss',
      '.c { color: red }\n.c { background: url(./cast.image.yaml#kira) }\n',
    )
    const failed = await build().then(() => 'The build did not fail.', messageOf)
    expect(failed).toContain('src/_part.scss:2:22')
    expect(failed).toContain('--picture: url(./cast.image.yaml#name)')
  },
)
