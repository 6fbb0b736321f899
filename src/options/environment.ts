import path from 'node:path'
import { parseEnv } from 'node:util'
import { readFileIfThere } from '../shared/files.ts'

const NAMES = ['MINIMAX_API_KEY', 'MINIMAX_API_HOST', 'IMAGEGEN_MODE'] as const

/** What the environment says to this package, and nothing else of it. */
export interface Environment {
  readonly apiKey: string | undefined
  readonly apiHost: string | undefined
  readonly mode: string | undefined
}

/**
 * The variables that matter, from the real environment, then from `.env.[mode].local`, `.env.[mode]`, `.env.local` and
 * `.env`. `process.env` is not written. A host from a file is used only with a key from a file: a checkout must not be
 * able to send somebody's own key elsewhere.
 *
 * @param folder where the files are; Vite's `envDir`.
 */
export function readEnvironment(
  folder: string,
  mode: string,
  environment: NodeJS.ProcessEnv,
): Environment {
  const files = ['.env', '.env.local', `.env.${mode}`, `.env.${mode}.local`]
  const fromFiles = Object.assign(
    {},
    ...files.map((file) => {
      const bytes = readFileIfThere(path.join(folder, file))
      return bytes === undefined ? {} : parseEnv(bytes.toString('utf8'))
    }),
  ) as Record<string, string>
  const given = (values: Record<string, string | undefined>, name: (typeof NAMES)[number]) =>
    values[name] === '' ? undefined : values[name]
  const key = given(environment, 'MINIMAX_API_KEY')
  return {
    apiKey: key ?? given(fromFiles, 'MINIMAX_API_KEY'),
    apiHost:
      given(environment, 'MINIMAX_API_HOST') ??
      (key === undefined ? given(fromFiles, 'MINIMAX_API_HOST') : undefined),
    mode: given(environment, 'IMAGEGEN_MODE') ?? given(fromFiles, 'IMAGEGEN_MODE'),
  }
}

/** Whether a continuous integration service runs this. */
export function isContinuousIntegration(environment: NodeJS.ProcessEnv): boolean {
  return !['', '0', 'false'].includes((environment['CI'] ?? '').toLowerCase())
}
