import { readdirSync } from 'node:fs'
import path from 'node:path'
import { readFileIfThere, toPosix } from '../shared/files.ts'
import { isRecord } from '../shared/record.ts'

/**
 * What to write into a tsconfig.json so that TypeScript finds the exact types; nothing where one of the project's names
 * their folder already, or where nothing can be said.
 *
 * @param folder of the exact types, absolute.
 */
export function whereTypesAreFound(root: string, folder: string): string | undefined {
  const relative = `./${toPosix(path.relative(root, folder))}`
  const configs = readdirSync(root).filter((name) => /^tsconfig(?:\..+)?\.json$/.test(name))
  const mentions = (name: string): boolean => textOf(root, name).includes(relative.slice(2))
  if (configs.length === 0 || configs.some(mentions)) return undefined
  const frameworks = dependenciesOf(root)
  if (frameworks.has('nuxt')) {
    return 'Nuxt finds them through its module: `modules: ["unplugin-imagegen/nuxt"]` in nuxt.config.ts.'
  }
  // A `rootDirs` of one's own takes the place of the framework's.
  const rootDirs = [
    '.',
    ...(frameworks.has('@sveltejs/kit') ? ['./.svelte-kit/types'] : []),
    relative,
  ]
  return `TypeScript finds them through these compilerOptions in tsconfig.json:
  "allowArbitraryExtensions": true,
  "rootDirs": [${rootDirs.map((each) => JSON.stringify(each)).join(', ')}]`
}

function dependenciesOf(root: string): ReadonlySet<string> {
  try {
    const manifest: unknown = JSON.parse(textOf(root, 'package.json'))
    if (!isRecord(manifest)) return new Set()
    return new Set(
      [manifest['dependencies'], manifest['devDependencies']].flatMap((each) =>
        isRecord(each) ? Object.keys(each) : [],
      ),
    )
  } catch {
    // There is none, or it is its package manager's to report.
    return new Set()
  }
}

function textOf(root: string, name: string): string {
  return readFileIfThere(path.join(root, name))?.toString('utf8') ?? ''
}
