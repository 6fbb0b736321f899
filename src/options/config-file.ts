import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Jiti from 'jiti'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import type { Options } from './options.ts'

/** webpack follows what a configuration imports, and warns of what it finds in there. */
const load = createRequire(import.meta.url)

/**
 * Loads `imagegen.config.*` anew, so that an edit is seen without a restart.
 *
 * @throws ImagegenError with code `config`.
 */
export async function loadConfigFile(file: string): Promise<Options> {
  try {
    if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8')) as Options
    const { createJiti } = load('jiti') as typeof Jiti
    const jiti = createJiti(file, { moduleCache: false, fsCache: false })
    // Not `jiti.import`: it leaves JavaScript to Node's own import, which remembers a module as long as it lives.
    const exported: unknown = await jiti.evalModule(readFileSync(file, 'utf8'), {
      filename: file,
      ext: path.extname(file),
      async: true,
      forceTranspile: true,
    })
    return (isRecord(exported) && 'default' in exported ? exported['default'] : exported) as Options
  } catch (error) {
    throw new ImagegenError(
      'config',
      {
        message: `${path.basename(file)} cannot be loaded: ${messageOf(error)}`,
        place: { file, line: 1, column: 1, frame: '' },
        hint: 'It must export its options: `export default defineConfig({ … })`.',
      },
      { cause: error },
    )
  }
}
