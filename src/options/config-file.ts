import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Jiti from 'jiti'
import { handedOver, howToHandOver } from '../model/key-source.ts'
import { lackOfKey, type LackOfKey } from '../model/lack-of-key.ts'
import { ImagegenError, messageOf, type Place, type Problem } from '../shared/errors.ts'
import { errorCode, readFileIfThere } from '../shared/files.ts'
import { sentence } from '../shared/plain-text.ts'
import { codeFrame } from '../shared/place.ts'
import { isRecord } from '../shared/record.ts'
import type { ConfigFunction, ConfigInput, Options } from './options.ts'

/** webpack bundles a configuration's imports, and warns about their content. */
const load = createRequire(import.meta.url)

/**
 * Loads `imagegen.config.*` without a cache, so that an edit takes effect without a restart, and calls it
 * where it is a function.
 *
 * @throws ImagegenError with code `config`, or `credentials` where a provider in it cannot be created without a key.
 */
export async function loadConfigFile(file: string, input: ConfigInput): Promise<Options> {
  try {
    if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8')) as Options
    const { createJiti } = load('jiti') as typeof Jiti
    const jiti = createJiti(file, { moduleCache: false, fsCache: false })
    // `jiti.import` would use Node's own import for JavaScript, which caches a module for the life of the process.
    const exported: unknown = await jiti.evalModule(readFileSync(file, 'utf8'), {
      filename: file,
      ext: path.extname(file),
      async: true,
      forceTranspile: true,
    })
    const config = (
      isRecord(exported) && 'default' in exported ? exported['default'] : exported
    ) as Options | ConfigFunction
    return typeof config === 'function' ? await config(input) : config
  } catch (error) {
    const lack = lackOfKey(error)
    if (lack !== undefined) {
      throw new ImagegenError('credentials', missingKey(file, lack, error), { cause: error })
    }
    throw new ImagegenError('config', problemOf(file, error), { cause: error })
  }
}

/** Some providers cannot even be created without a key. */
function missingKey(file: string, { variable, message }: LackOfKey, thrown: unknown): Problem {
  return {
    message: `There is no API key: ${variable} is not set, and ${path.basename(file)} cannot be loaded without it: ${sentence(message)}`,
    place: placeOfError(file, thrown),
    hint: `Set ${variable} in the environment; ${howToHandOver(variable)}. To work without a key, as with placeholders, write \`${handedOver(variable)} ?? ''\`.`,
  }
}

/** A configuration is a program, so the line that threw is shown. */
function problemOf(file: string, thrown: unknown): Problem {
  const name = path.basename(file)
  const said = messageOf(thrown).replaceAll(file, name)
  const place = placeOfError(file, thrown)
  if (file.endsWith('.json')) {
    return {
      message: `${name} cannot be loaded: it is not valid JSON: ${said}`,
      place,
      hint: 'Fix its syntax.',
    }
  }
  if (said.startsWith('ParseError') || thrown instanceof SyntaxError) {
    return { message: `${name} cannot be loaded: ${said}`, place, hint: 'Fix its syntax.' }
  }
  const code = errorCode(thrown)
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return {
      message: `${name} cannot be loaded: ${said}`,
      place,
      hint: 'Install the package, or correct the path of the import.',
    }
  }
  return {
    message: `${name} cannot be loaded: it threw "${said}"`,
    place,
    hint: 'Fix the code that throws. A config file exports its options: `export default defineConfig({ … })`.',
  }
}

/** The place in the file where an error was thrown, or the start of the file. */
function placeOfError(file: string, thrown: unknown): Place {
  const trace = thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : ''
  const [, line, column] = trace.split(file)[1]?.match(/^:(\d+):(\d+)/) ?? []
  if (line === undefined || column === undefined) return { file, line: 1, column: 1, frame: '' }
  const at = { line: Number(line), column: Math.max(1, Number(column)) }
  const text = readFileIfThere(file)?.toString('utf8') ?? ''
  return { file, ...at, frame: codeFrame(text, at.line, at.column) }
}
