import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { errorCode, readFileIfThere } from '../shared/files.ts'

/** A file to begin with. */
export interface StarterFile {
  readonly kind: 'manifest' | 'config'
  /** From the root. */
  readonly file: string
  readonly text: string
}

/** Nothing of it is imported when it runs: it works before the package is installed, too. */
const CONFIG = `import type { Options } from 'unplugin-imagegen'

export default {
  // What every image has, unless its manifest says otherwise.
  defaults: {
    aspectRatio: '16:9',
    output: { formats: ['avif', 'webp', 'jpeg'], widths: [640, 1280] },
  },
} satisfies Options
`

function manifest(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
vars:
  look: flat vector, muted palette
images:
  lighthouse:
    prompt: A lighthouse on a cliff at dusk, \${look}
    alt: A lighthouse above the sea
`
}

/** A manifest and a config file for a project. */
export function starterFiles(root: string): readonly StarterFile[] {
  const isInSource = existsSync(path.join(root, 'src'))
  const schema = `${isInSource ? '../' : './'}node_modules/unplugin-imagegen/dist/schema.json`
  const file = isInSource ? 'src/starter.image.yaml' : 'starter.image.yaml'
  return [
    { kind: 'manifest', file, text: manifest(schema) },
    { kind: 'config', file: 'imagegen.config.ts', text: CONFIG },
  ]
}

/** Writes a file that is not there yet; what is there stays. */
export function writeNew(file: string, text: string): boolean {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** What is left to do in files that are not ours, as far as it is not done. */
export function toDoByHand(root: string): string[] {
  const read = (file: string): string =>
    readFileIfThere(path.join(root, file))?.toString('utf8') ?? ''
  const packageFile = read('package.json')
  const isInstalled = existsSync(path.join(root, 'node_modules/unplugin-imagegen'))
  const steps: string[] = []
  if (!isInstalled && !packageFile.includes('"unplugin-imagegen"')) {
    steps.push('Install it: npm install --save-dev unplugin-imagegen')
  }
  const bundlers = (['vite', 'webpack'] as const).filter(
    (bundler) => configOf(root, bundler) !== undefined || packageFile.includes(`"${bundler}"`),
  )
  for (const bundler of bundlers) {
    const config = configOf(root, bundler) ?? `${bundler}.config.js`
    if (read(config).includes('unplugin-imagegen')) continue
    const isModule = /"type"\s*:\s*"module"/.test(packageFile)
    const isCommonJs = /\.c[jt]s$/.test(config) || (config.endsWith('.js') && !isModule)
    const line = isCommonJs
      ? `const imagegen = require('unplugin-imagegen/${bundler}')`
      : `import imagegen from 'unplugin-imagegen/${bundler}'`
    steps.push(`Add to ${config}:\n    ${line}\n    plugins: [imagegen()]`)
  }
  if (existsSync(path.join(root, 'tsconfig.json')) && bundlers.length > 0) {
    if (!read('tsconfig.json').includes('unplugin-imagegen/client')) {
      steps.push(
        'Add to the compilerOptions of tsconfig.json:\n    "types": ["unplugin-imagegen/client"]',
      )
    }
  }
  return [
    ...steps,
    'See what there is to make, and what it costs: imagegen plan',
    'Make it, with MINIMAX_API_KEY set or in .env.local: imagegen generate',
    ...(bundlers.length === 0
      ? ['Write the pictures into a folder: imagegen export --out DIR']
      : []),
  ].map((step) => `- ${step}`)
}

function configOf(root: string, bundler: 'vite' | 'webpack'): string | undefined {
  return readdirSync(root).find((file) =>
    new RegExp(`^${bundler}\\.config\\.[cm]?[jt]s$`).test(file),
  )
}
