import { expect, test } from 'vitest'
import { isReadBy, refuseOtherRules } from '../../src/plugin/hosts/webpack-rules.ts'

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

const PAGE = { file: '/app/src/page.html', query: '' }
const READS = { loader: '/app/node_modules/html-loader/dist/cjs.js' }

test.each([
  ['a path', { test: /\.html$/, ...READS }],
  ['use, as a text', { test: /\.html$/, use: 'html-loader' }],
  ['use, as a list', { test: [/\.htm$/, /\.html$/], use: ['cache-loader', READS] }],
  ['a folder', { include: '/app/src', exclude: /\.ejs$/, use: [READS] }],
  ['a function', { resource: (file: string) => file.endsWith('.html'), use: READS }],
  ['parts of a condition', { test: { and: [/page/, { not: /other/ }] }, use: READS }],
  ['nested rules', { test: /\.html$/, rules: [{ use: READS }] }],
  ['the first of several', { test: /\.html$/, oneOf: [{ resourceQuery: /raw/ }, { use: READS }] }],
])('html-loader is found by %s', (_, rule) => {
  expect(isReadBy('html-loader', PAGE, [undefined, 'falsy', rule])).toBe(true)
})

test.each([
  ['another file', { test: /\.ejs$/, use: READS }],
  ['an excluded file', { test: /\.html$/, exclude: /page/, use: READS }],
  ['another loader', { test: /\.html$/, use: 'raw-loader' }],
  ['a query that is not there', { test: /\.html$/, resourceQuery: /^\?template/, use: READS }],
  [
    'a later one of several',
    { oneOf: [{ test: /\.html$/, type: 'asset/source' }, { use: READS }] },
  ],
  // Known only when the module is made.
  ['a condition about something else', { test: /\.html$/, issuer: /\.js$/, use: READS }],
  ['loaders that a function chooses', { test: /\.html$/, use: () => [READS] }],
])('html-loader does not read a page by %s', (_, rule) => {
  expect(isReadBy('html-loader', PAGE, [rule])).toBe(false)
})
