import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { starterFiles } from '../../src/cli/commands/init.ts'
import { readProjectFiles } from '../../src/cli/setup/project-files.ts'
import { stepsByHand } from '../../src/cli/setup/steps.ts'
import { formatted } from '../formatted.ts'
import { type FileTree, temporaryProject } from '../temporary-project.ts'

/** The output of `init` for a project with a manifest in `src`, as one text. */
async function said(files: FileTree): Promise<string> {
  const { root } = await temporaryProject(files)
  return stepsByHand(readProjectFiles(root), {
    typesFolder: path.join(root, '.imagegen/types'),
    storeFolder: '.imagegen',
    manifestFolders: ['src'],
    missingKeys: [{ variable: 'MINIMAX_API_KEY', page: 'platform.minimax.io (Account, API keys)' }],
  })
    .map((step) => `- ${step}`)
    .join('\n')
}

function packageOf(dependencies: readonly string[], more: object = {}): string {
  const ranges = Object.fromEntries(dependencies.map((name) => [name, '*']))
  return JSON.stringify({ devDependencies: { 'unplugin-imagegen': '*', ...ranges }, ...more })
}

describe('a project of create-vite', () => {
  const files = {
    'package.json': packageOf(['vite', 'typescript', '@types/react'], {
      type: 'module',
      scripts: { dev: 'vite', build: 'tsc -b && vite build', lint: 'oxlint' },
    }),
    'vite.config.ts': "import react from '@vitejs/plugin-react'\nexport default {}\n",
    '.gitignore': 'node_modules\ndist\n*.local\n',
    '.oxlintrc.json': '{}',
    'tsconfig.json': `{
      "files": [],
      "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }],
    }`,
    'tsconfig.node.json':
      '{ "compilerOptions": { "types": ["node"] }, "include": ["vite.config.ts"] }',
    'tsconfig.app.json': `{
      "compilerOptions": {
        "types": ["vite/client"], // what Vite's own modules are
        "allowArbitraryExtensions": true,
        /* Bundler mode */
        "moduleResolution": "bundler",
        "paths": { "@/*": ["./src/*"], "~lib": ["./src/lib/index.ts"] },
      },
      "include": ["src"]
    }`,
  }

  test('gets lines to add to its files, merged with their content', async () => {
    expect(await said(files)).toBe(`- Add to vite.config.ts:
    import imagegen from 'unplugin-imagegen/vite'
    plugins: [imagegen()]
- Set in the compilerOptions of tsconfig.app.json:
    "types": ["vite/client", "unplugin-imagegen/client"],
    "rootDirs": [".", "./.imagegen/types"],
    "paths": {
      "@/*.image.yaml": ["./src/*.image.yaml", "./.imagegen/types/src/*.image.yaml"],
      "@/*": ["./src/*"],
      "~lib": ["./src/lib/index.ts"]
    }
- Write the exact types before checking types; in package.json:
    "build": "imagegen types && tsc -b && vite build"
- Add to .oxlintrc.json:
    "ignorePatterns": [".imagegen"]
- Get an API key at platform.minimax.io (Account, API keys), and write it into .env.local:
    MINIMAX_API_KEY=…
- See what is missing and what it costs: npx unplugin-imagegen plan
- Generate it: npx unplugin-imagegen generate`)
  })

  test('gets no step that is already done', async () => {
    const done = await said({
      ...files,
      'package.json': files['package.json'].replace('tsc -b', 'imagegen types && tsc -b'),
      'vite.config.ts': "import imagegen from 'unplugin-imagegen/vite'",
      '.oxlintrc.json': '{ "ignorePatterns": [".imagegen"] }',
      'tsconfig.app.json': `{ "compilerOptions": {
        "types": ["vite/client", "unplugin-imagegen/client"],
        "allowArbitraryExtensions": true,
        "rootDirs": [".", "./.imagegen/types"]
      }, "include": ["src"] }`,
    })
    expect(done).not.toMatch(/vite\.config|tsconfig|package\.json|oxlintrc|gitignore/)
  })
})

describe('a config file', () => {
  test.each<[string, FileTree, string]>([
    [
      'an ES module by its ending',
      { 'package.json': packageOf(['vite']), 'vite.config.mts': '' },
      "Add to vite.config.mts:\n    import imagegen from 'unplugin-imagegen/vite'",
    ],
    [
      'an ES module by its content, in a CommonJS package',
      { 'package.json': packageOf(['vite']), 'vite.config.js': 'export default {}' },
      "vite.config.js:\n    import imagegen from 'unplugin-imagegen/vite'",
    ],
    [
      'CommonJS by what it says',
      { 'package.json': packageOf(['webpack']), 'webpack.config.js': 'module.exports = {}' },
      "const imagegen = require('unplugin-imagegen/webpack')\n    plugins: [imagegen()]",
    ],
    [
      'CommonJS by its ending, in an ES module package',
      { 'package.json': packageOf([], { type: 'module' }), 'webpack.prod.config.cjs': '' },
      "webpack.prod.config.cjs:\n    const imagegen = require('unplugin-imagegen/webpack')",
    ],
    [
      'not there yet',
      { 'package.json': packageOf(['vite'], { type: 'module' }), 'index.html': '' },
      "- Write vite.config.js:\n    import imagegen from 'unplugin-imagegen/vite'\n    export default { plugins: [imagegen()] }",
    ],
  ])('is recognised: %s', async (_, files, expected) => {
    expect(await said(files)).toContain(expected)
  })

  test('is found if a script names it', async () => {
    const text = await said({
      'package.json': packageOf(['vite'], {
        scripts: {
          dev: 'node log.js & vite --config vite/config.dev.mjs',
          build: 'vite build -c ./vite/config.prod.mjs && node other.js --config other.mjs',
        },
      }),
      'vite/config.dev.mjs': '',
      'vite/config.prod.mjs': '',
      'other.mjs': '',
    })
    expect(text).toContain('Add to vite/config.dev.mjs')
    expect(text).toContain('Add to vite/config.prod.mjs')
    expect(text).not.toContain('other.mjs')
  })
})

describe('a framework gets its own lines and none of its bundler’s', () => {
  test.each<[string, FileTree, readonly string[]]>([
    [
      'Astro',
      { 'package.json': packageOf(['astro', 'vite']), 'astro.config.mjs': 'export default {}' },
      [
        'astro.config.mjs',
        "import imagegen from 'unplugin-imagegen/astro'",
        'integrations: [imagegen()]',
      ],
    ],
    [
      'Nuxt',
      { 'package.json': packageOf(['nuxt', 'vue']), 'nuxt.config.ts': 'export default {}' },
      ['nuxt.config.ts', "modules: ['unplugin-imagegen/nuxt']"],
    ],
    [
      'Next',
      { 'package.json': packageOf(['next']), 'next.config.ts': 'export default nextConfig' },
      [
        "next.config.ts:\n    import { withImagegen } from 'unplugin-imagegen/next'",
        'export default withImagegen(nextConfig)',
      ],
    ],
    [
      'Next in CommonJS',
      { 'package.json': packageOf(['next']), 'next.config.js': 'module.exports = nextConfig' },
      [
        "const { withImagegen } = require('unplugin-imagegen/next')",
        'module.exports = withImagegen(nextConfig)',
      ],
    ],
    [
      'Rsbuild',
      { 'package.json': packageOf(['@rsbuild/core']), 'rsbuild.config.ts': 'export default {}' },
      [
        "import imagegen from 'unplugin-imagegen/rspack'",
        'tools: { rspack: { plugins: [imagegen()] } }',
      ],
    ],
    [
      'SvelteKit',
      {
        'package.json': packageOf(['@sveltejs/kit', 'vite']),
        'vite.config.ts': 'export default {}',
      },
      ["import imagegen from 'unplugin-imagegen/vite'", 'plugins: [imagegen(), sveltekit()]'],
    ],
    [
      'React Router',
      {
        'package.json': packageOf(['@react-router/dev', 'vite']),
        'vite.config.ts': 'export default {}',
      },
      ["import imagegen from 'unplugin-imagegen/vite'", 'plugins: [imagegen(), reactRouter()]'],
    ],
    [
      'Rspack',
      { 'package.json': packageOf(['@rspack/core']), 'rspack.config.mjs': 'export default {}' },
      ["import imagegen from 'unplugin-imagegen/rspack'", 'plugins: [imagegen()]'],
    ],
  ])('%s', async (_, files, expected) => {
    const text = await said(files)
    for (const line of expected) expect(text).toContain(line)
    expect(text.match(/unplugin-imagegen\//g)).toHaveLength(1)
    expect(text).not.toContain('imagegen export')
  })

  test('a bundler that another tool installed gets no configuration', async () => {
    const vitest = { scripts: { test: 'vitest run' } }
    const next = await said({
      'package.json': packageOf(['next', 'vite', 'vitest'], vitest),
      'next.config.mjs': 'export default {}',
      'vite.config.ts': 'export default { test: {} }',
    })
    expect(next).not.toContain('vite.config')
    const webpack = await said({
      'package.json': packageOf(['webpack', 'vite', 'vitest'], vitest),
      'webpack.config.js': '',
    })
    expect(webpack).not.toContain('vite')
    const both = await said({
      'package.json': packageOf(['webpack', 'vite'], { scripts: { dev: 'vite --open' } }),
      'webpack.config.js': '',
    })
    expect(both).toContain('Write vite.config.js')
  })

  test('a project without a bundler exports its pictures', async () => {
    const text = await said({ 'package.json': packageOf([]) })
    expect(text).toContain('npx unplugin-imagegen export --out DIR')
    expect(text).not.toContain('unplugin-imagegen/')
  })
})

describe('compiler options', () => {
  test('keep what is inherited through extends, from the file that they are written into', async () => {
    const text = await said({
      'package.json': packageOf(['@react-router/dev', 'vite']),
      'vite.config.ts': 'export default {}',
      'config/base.json':
        '{ "compilerOptions": { "rootDirs": ["..", "../.react-router/types"], "types": ["node", "vite/client"], "paths": { "~/*": ["../app/*"] } } }',
      'tsconfig.json': '{ "extends": "./config/base", "include": ["**/*"] }',
    })
    expect(text).toContain(`Set in the compilerOptions of tsconfig.json:
    "types": ["node", "vite/client", "unplugin-imagegen/client"],
    "allowArbitraryExtensions": true,
    "rootDirs": [".", "./.react-router/types", "./.imagegen/types"],
    "paths": {
      "~/*.image.yaml": ["./app/*.image.yaml", "./.imagegen/types/app/*.image.yaml"],
      "~/*": ["./app/*"]
    }
`)
  })

  test('keep the types that are found without being named', async () => {
    const text = await said({
      'package.json': packageOf(['webpack', '@types/node', '@types/babel__core']),
      'webpack.config.js': '',
      'tsconfig.json': '{}',
    })
    expect(text).toContain('"types": ["@babel/core", "node", "unplugin-imagegen/client"]')
  })

  test('follow baseUrl, and leave targets in node_modules alone', async () => {
    const text = await said({
      'package.json': packageOf(['webpack']),
      'webpack.config.js': '',
      'tsconfig.json':
        '{ "compilerOptions": { "baseUrl": "./src", "paths": { "app/*": ["*"], "react": ["../node_modules/x/*"] } } }',
    })
    expect(text).toContain(`"paths": {
      "app/*.image.yaml": ["./*.image.yaml", "../.imagegen/types/src/*.image.yaml"],
      "app/*": ["./*"],
      "react": ["../node_modules/x/*"]
    }`)
  })

  test('leave SvelteKit its own rootDirs and its own paths', async () => {
    const text = await said({
      'package.json': packageOf(['@sveltejs/kit', 'vite']),
      'vite.config.ts': 'export default {}',
      '.svelte-kit/tsconfig.json':
        '{ "compilerOptions": { "rootDirs": ["..", "./types"], "types": ["node"], "paths": { "$lib/*": ["../src/lib/*"] } }, "include": ["../src/**/*.ts"] }',
      'tsconfig.json': '{ "extends": "./.svelte-kit/tsconfig.json" }',
    })
    expect(text).toContain('"rootDirs": [".", "./.svelte-kit/types", "./.imagegen/types"]')
    expect(text).toContain('"types": ["node", "unplugin-imagegen/client"]')
    expect(text).not.toContain('"paths"')
  })

  test('are not asked for where Nuxt’s module gives them, and loosely typed imports not where Astro’s integration does', async () => {
    const nuxt = await said({
      'package.json': packageOf(['nuxt']),
      'nuxt.config.ts': '',
      'tsconfig.json': '{}',
    })
    expect(nuxt).not.toContain('tsconfig.json')
    const astro = await said({
      'package.json': packageOf(['astro'], { scripts: { check: 'astro check' } }),
      'astro.config.mjs': '',
      'tsconfig.json': '{ "extends": "astro/tsconfigs/strict", "include": ["**/*"] }',
    })
    expect(astro).not.toContain('"types"')
    expect(astro).toContain('"rootDirs": [".", "./.imagegen/types"]')
    expect(astro).toContain('"check": "imagegen types && astro check"')
  })
})

describe('files that leave something out', () => {
  test.each([
    ['', true],
    ['node_modules', true],
    ['# .env.local', true],
    ['.env.production', true],
    ['.env*.local', false],
    ['*.local', false],
    ['/.env.local', false],
    ['**/.env.*', false],
    ['.env*', false],
  ])('with `%s` in .gitignore, init asks for a line for .env.local: %s', async (line, isAsked) => {
    const text = await said({ '.gitignore': `dist\n${line}\n` })
    expect(text.includes('- Add to .gitignore:\n    .env*.local')).toBe(isAsked)
  })

  test('keep linters and formatters that the project has out of the store', async () => {
    const text = await said({
      'package.json': packageOf(['prettier', 'eslint']),
      'eslint.config.js': 'export default []',
      'biome.jsonc': '{}',
    })
    expect(text).toContain('- Add to .prettierignore:\n    .imagegen/')
    expect(text).toContain("- Add to eslint.config.js:\n    { ignores: ['.imagegen/**'] },")
    expect(text).toContain(
      '- Add to biome.jsonc:\n    "files": { "includes": ["**", "!.imagegen"] }',
    )
    const done = await said({
      'package.json': packageOf(['prettier', 'eslint']),
      '.prettierignore': '.imagegen/\n',
      '.eslintrc.json': '{}',
    })
    expect(done).not.toMatch(/prettier|eslint|biome/)
  })
})

test.each([
  [{}, 'npm install --save-dev unplugin-imagegen', 'npx unplugin-imagegen plan'],
  [
    { 'pnpm-lock.yaml': '' },
    'pnpm add --save-dev unplugin-imagegen',
    'pnpm exec unplugin-imagegen plan',
  ],
  [{ 'yarn.lock': '' }, 'yarn add --dev unplugin-imagegen', 'yarn unplugin-imagegen plan'],
  [{ 'bun.lock': '' }, 'bun add --dev unplugin-imagegen', 'bunx unplugin-imagegen plan'],
])('commands are those of the project’s package manager (%o)', async (files, add, plan) => {
  const text = await said({ 'package.json': '{}', ...files })
  expect(text).toContain(`Install it: ${add}`)
  expect(text).toContain(`what it costs: ${plan}`)
})

test('a project in a workspace is recognized by the files around it, too', async () => {
  const { root } = await temporaryProject({
    '.git/HEAD': '',
    '.gitignore': '.env*.local',
    'pnpm-workspace.yaml': 'packages: [apps/*]',
    'pnpm-lock.yaml': '',
    'tsconfig.base.json':
      '{ "compilerOptions": { "rootDirs": ["apps/web", "apps/web/.imagegen/types"] } }',
    'apps/web/package.json': packageOf(['vite']),
    'apps/web/vite.config.ts': '',
    'apps/web/tsconfig.json':
      '{ "extends": "../../tsconfig.base.json", "compilerOptions": { "types": ["unplugin-imagegen/client"] } }',
  })
  const web = path.join(root, 'apps/web')
  const steps = stepsByHand(readProjectFiles(web), {
    typesFolder: path.join(web, '.imagegen/types'),
    storeFolder: '.imagegen',
    manifestFolders: ['src'],
    missingKeys: [],
  })
  expect(steps).toEqual([
    "Add to vite.config.ts:\n    import imagegen from 'unplugin-imagegen/vite'\n    plugins: [imagegen()]",
    'See what is missing and what it costs: pnpm exec unplugin-imagegen plan',
    'Generate it: pnpm exec unplugin-imagegen generate',
  ])
})

describe('what init writes', () => {
  test.each<[string, FileTree, string]>([
    ['TypeScript where there is some', { 'tsconfig.json': '{}' }, 'imagegen.config.ts'],
    ['JavaScript elsewhere', {}, 'imagegen.config.mjs'],
  ])('is %s, and passes Prettier’s defaults', async (_, files, config) => {
    const { root } = await temporaryProject(files)
    const written = starterFiles(readProjectFiles(root))
    expect(written.map(({ file }) => file)).toEqual(['starter.image.yaml', config])
    for (const { file, text } of written) expect(formatted(file, text)).toBe(text)
  })

  test.each<[string, FileTree]>([
    ['YAML', { '.prettierrc': 'singleQuote: true\nsemi: false\n' }],
    ['JSON', { '.prettierrc.json': '{ "singleQuote": true, "semi": false }' }],
    ['package.json', { 'package.json': '{ "prettier": { "semi": false, "singleQuote": true } }' }],
    ['JavaScript', { 'prettier.config.js': 'export default { semi: false, singleQuote: true }' }],
  ])('has the quotes and semicolons of a Prettier config in %s', async (_, files) => {
    const { root } = await temporaryProject({ ...files, 'tsconfig.json': '{}' })
    const [, config] = starterFiles(readProjectFiles(root))
    expect(config?.text).toMatch(/^import type \{ Options \} from 'unplugin-imagegen'\n[^;"]*$/)
  })
})
