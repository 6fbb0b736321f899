import { expect, test } from 'vitest'
import { refuseOtherRules } from '../../src/plugin/hosts/webpack-rules.ts'

const OURS = { path: '/app/node_modules/unplugin/dist/webpack/loaders/load.mjs' }

test.each([[undefined], ['javascript/auto'], ['javascript/esm']])(
  'our loader and the type %s are as it should be',
  (type) => {
    const rules = { loaders: [OURS], ...(type === undefined ? {} : { _module: { type } }) }
    expect(() => refuseOtherRules('/app/src/cast.image.yaml', rules)).not.toThrow()
  },
)

test.each([
  ['/app/node_modules/yaml-loader/index.js', 'the loader yaml-loader'],
  ['/app/node_modules/.pnpm/a@1/node_modules/@scope/yaml/dist/x.js', 'the loader @scope/yaml'],
  ['/app/build/my-loader.cjs', 'the loader my-loader.cjs'],
  [String.raw`C:\app\node_modules\yaml-loader\index.js`, 'the loader yaml-loader'],
])('%s is named', (path, name) => {
  const rules = { loaders: [OURS, { path }], _module: { type: 'json' } }
  expect(() => refuseOtherRules('/app/src/cast.image.yaml', rules)).toThrow(
    `A rule in your configuration also matches cast.image.yaml, and gives it ${name} and the type 'json'.`,
  )
  expect(() => refuseOtherRules('/app/src/cast.image.yaml', rules)).toThrow(
    String.raw`Add to that rule: exclude: /\.image\.ya?ml$/`,
  )
})
