import path from 'node:path'
import { parseEnv } from 'node:util'
import { readFileIfThere } from '../shared/files.ts'
import { plainText } from '../shared/plain-text.ts'
import { isTrustedHost } from './trusted-host.ts'

const KEY = 'MINIMAX_API_KEY'
const HOST = 'MINIMAX_API_HOST'
const MODE = 'IMAGEGEN_MODE'

/** What the environment says to this package, and nothing else of it. */
export interface Environment {
  readonly apiKey: string | undefined
  /** Where `apiKey` is sent. */
  readonly apiHost: string | undefined
  /** Where a key that a model of the config has is sent: nothing where `apiHost` came with another key. */
  readonly hostForOtherKeys: string | undefined
  readonly mode: string | undefined
  /** What was ignored, and why. */
  readonly warnings: readonly string[]
}

/** One `.env` file. */
interface EnvironmentFile {
  readonly name: string
  readonly text: string
  readonly values: Readonly<Record<string, string | undefined>>
}

/**
 * The variables that matter, from the real environment, then from `.env.[mode].local`, `.env.[mode]`, `.env.local` and
 * `.env`. `process.env` is not written.
 *
 * A commit must not be able to send somebody's own key elsewhere. So a host from a file is used only with the key of the
 * same file, or where any key may go: to MiniMax's own hosts and to this machine. Otherwise the next file decides.
 *
 * @param folder where the files are; Vite's `envDir`.
 * @param otherFolders where hosts may have found `.env` files that they wrote into the environment.
 */
export function readEnvironment(
  folder: string,
  mode: string,
  environment: NodeJS.ProcessEnv,
  otherFolders: readonly string[] = [],
): Environment {
  const files = readFiles(folder, mode)
  const find = (name: string): string | undefined =>
    given(environment, name) ?? firstOf(files, (file) => given(file.values, name))
  const apiKey = find(KEY)
  const realHost = given(environment, HOST)
  const isOwn =
    realHost !== undefined &&
    (isTrustedHost(realHost) ||
      ![folder, ...otherFolders]
        .flatMap((other) => (other === folder ? files : readFiles(other, mode)))
        .some((file) => mayHaveSet(file, realHost)))
  const host = isOwn
    ? { address: realHost, isForAnyKey: true, warnings: [] }
    : hostFrom(files, keyHolder(files, environment))
  return {
    apiKey,
    apiHost: host.address,
    hostForOtherKeys: host.isForAnyKey ? host.address : undefined,
    mode: find(MODE),
    warnings: host.warnings,
  }
}

/** The `.env` files of a folder that exist, the strongest first. */
function readFiles(folder: string, mode: string): EnvironmentFile[] {
  return [`.env.${mode}.local`, `.env.${mode}`, '.env.local', '.env'].flatMap((name) => {
    const text = readFileIfThere(path.join(folder, name))?.toString('utf8')
    return text === undefined ? [] : [{ name, text, values: parseEnv(text) }]
  })
}

/** A variable that is set to nothing, or to blanks, is as good as none. */
function given(
  values: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const text = values[name]?.trim()
  return text === '' ? undefined : text
}

function firstOf<Item, Result>(
  items: readonly Item[],
  find: (item: Item) => Result | undefined,
): Result | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The file that the key in use comes from. Nuxt, Bun, Storybook and others copy `.env` files into the environment before
 * a plugin runs: a key that stands in both is taken for the file's.
 */
function keyHolder(
  files: readonly EnvironmentFile[],
  environment: NodeJS.ProcessEnv,
): EnvironmentFile | undefined {
  const real = given(environment, KEY)
  return files.find(({ values }) => {
    const key = given(values, KEY)
    return key !== undefined && (real === undefined || key === real)
  })
}

/**
 * Whether the environment's host may have been copied from this file. The parsers of those who copy take more than Node's
 * (`NAME: value`) and replace `$name`, so this looks at the lines themselves.
 */
function mayHaveSet({ text, values }: EnvironmentFile, host: string): boolean {
  if (given(values, HOST) === host) return true
  return text
    .split(/[\r\n]+/)
    .some((line) => line.includes(HOST) && (line.includes(host) || /[$\\`]/.test(line)))
}

function hostFrom(
  files: readonly EnvironmentFile[],
  holder: EnvironmentFile | undefined,
): {
  readonly address: string | undefined
  readonly isForAnyKey: boolean
  readonly warnings: readonly string[]
} {
  const warnings: string[] = []
  for (const file of files) {
    const address = given(file.values, HOST)
    if (address === undefined) continue
    if (isTrustedHost(address)) return { address, isForAnyKey: true, warnings }
    if (file === holder) return { address, isForAnyKey: false, warnings }
    warnings.push(ignoredHost(file.name, address))
  }
  return { address: undefined, isForAnyKey: true, warnings }
}

function ignoredHost(file: string, address: string): string {
  // Without the part before an @, which may be a secret.
  const shown = URL.canParse(address) ? ` (${plainText(new URL(address).host, 100)})` : ''
  return `${HOST} in ${plainText(file, 100)}${shown} is ignored: a host from a file is used only with the ${KEY} of the same file, unless it is one of MiniMax's own hosts or this machine. If it is yours, set it in the environment, and not in that file, or write both into .env.local.`
}

/** Whether a continuous integration service runs this. */
export function isContinuousIntegration(environment: NodeJS.ProcessEnv): boolean {
  return !['', '0', 'false'].includes((environment['CI'] ?? '').toLowerCase())
}
