import { build, createLogger } from 'vite'
import { expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { sandbox, type Sandbox } from './sandbox.ts'
import { viteConfig } from './vite.ts'

/** As `imagegen types` prints them for the alias `@/*`. */
const PRINTED = {
  '@/*.image.yaml': ['./src/*.image.yaml', './.imagegen/types/src/*.image.yaml'],
  '@/*': ['./src/*'],
}

const FILES = {
  'src/main.js': `
    import { kira } from '@/cast.image.yaml'
    import { kira as relative } from './cast.image.yaml'
    import { word } from '@/words/one'
    globalThis.shown = [kira, relative, word, import.meta.glob('@/words/*.ts')]
  `,
  'src/words/one.ts': 'export const word: string = "one"\n',
}

/** What Vite warns of in a build that finds modules by the aliases of a tsconfig. */
async function warnings(project: Sandbox, paths: object): Promise<readonly string[]> {
  const include = ['src']
  const compilerOptions = { rootDirs: ['.', './.imagegen/types'], allowJs: true, paths }
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, include }))
  const said: string[] = []
  const logger = createLogger('silent')
  logger.warn = (message) => void said.push(message)
  logger.warnOnce = (message) => void said.push(message)
  const resolve = { tsconfigPaths: true }
  const own = { resolve, customLogger: logger, logLevel: 'warn' as const }
  await build(viteConfig(project, own, { types: true }))
  return said.filter((message) => message.includes('paths'))
}

test('the aliases for exact types work with resolve.tsconfigPaths, and cause no warning', async () => {
  listenToConsole()
  const project = await sandbox({ files: FILES })
  expect(await warnings(project, PRINTED)).toEqual([])
  // Otherwise, this test would hear none.
  const doubled = { '@/*': ['./src/*', './.imagegen/types/src/*'] }
  expect(await warnings(project, doubled)).toEqual([expect.stringContaining('multiple targets')])
})
