import path from 'node:path'
import { parseEnv } from 'node:util'
import { readFileIfThere } from '../shared/files.ts'
import { plainText } from '../shared/plain-text.ts'
import type { Provider } from '../model/provider.ts'
import { PROVIDERS } from './providers.ts'
import { isTrustedHost } from './trusted-host.ts'

const MODE = 'IMAGEGEN_MODE'

/** The environment variables that this package reads. */
export interface Environment {
  /** By the id of the provider. */
  readonly accounts: ReadonlyMap<string, EnvironmentAccount>
  readonly mode: string | undefined
  /**
   * All variables, those of the environment over those of the files. A provider's host is the one that is used, and is
   * left out where the one that was found is not.
   */
  readonly values: Readonly<Record<string, string | undefined>>
  /** Warnings about ignored variables. */
  readonly warnings: readonly string[]
}

/** A provider's account, as the environment names it. */
export interface EnvironmentAccount {
  readonly apiKey: string | undefined
  /** The host that `apiKey` is sent to. */
  readonly apiHost: string | undefined
  /** The host for a key that the config gives to a model; `undefined` where `apiHost` came with another key. */
  readonly hostForOtherKeys: string | undefined
  readonly hostVariable: string
}

/** One `.env` file. */
interface EnvironmentFile {
  readonly name: string
  readonly text: string
  readonly values: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the variables that matter from the real environment, then from `.env.[mode].local`, `.env.[mode]`, `.env.local`
 * and `.env`. `process.env` is not written.
 *
 * A commit must not be able to send a user's key elsewhere. So a host from a file is used only with the key of the same
 * file, or where it is one of the provider's own hosts or this machine. Otherwise the next file decides.
 *
 * @param folder where the files are; Vite's `envDir`.
 * @param otherFolders folders whose `.env` files hosts may have copied into the environment.
 */
export function readEnvironment(
  folder: string,
  mode: string,
  environment: NodeJS.ProcessEnv,
  otherFolders: readonly string[] = [],
  providers: readonly Provider[] = PROVIDERS,
): Environment {
  const files = readFiles(folder, mode)
  const elsewhere = otherFolders.filter((other) => other !== folder)
  const everywhere = [...files, ...elsewhere.flatMap((other) => readFiles(other, mode))]
  const read = providers.map((provider) => readAccount(provider, environment, files, everywhere))
  const hosts = read.map(({ account }) => [account.hostVariable, account.apiHost] as const)
  return {
    values: {
      ...Object.assign({}, ...files.map(({ values }) => values).toReversed()),
      ...environment,
      ...Object.fromEntries(hosts),
    } as Environment['values'],
    accounts: new Map(read.map(({ account }, index) => [providers[index]?.id ?? '', account])),
    mode: find(MODE, environment, files),
    warnings: read.flatMap(({ warnings }) => warnings),
  }
}

/** @param everywhere all files that a host may have copied into the environment. */
function readAccount(
  provider: Provider,
  environment: NodeJS.ProcessEnv,
  files: readonly EnvironmentFile[],
  everywhere: readonly EnvironmentFile[],
): { readonly account: EnvironmentAccount; readonly warnings: readonly string[] } {
  const { hostVariable, keyVariable, origins } = provider
  const realHost = given(environment, hostVariable)
  const isUsersOwn =
    realHost !== undefined &&
    (isTrustedHost(realHost, origins) ||
      !everywhere.some((file) => mayHaveSet(file, hostVariable, realHost)))
  const host = isUsersOwn
    ? { address: realHost, isForAnyKey: true, warnings: [] }
    : hostFrom(provider, files, keyHolder(keyVariable, files, environment))
  return {
    account: {
      apiKey: find(keyVariable, environment, files),
      apiHost: host.address,
      hostForOtherKeys: host.isForAnyKey ? host.address : undefined,
      hostVariable,
    },
    warnings: host.warnings,
  }
}

function find(
  name: string,
  environment: NodeJS.ProcessEnv,
  files: readonly EnvironmentFile[],
): string | undefined {
  return given(environment, name) ?? firstOf(files, (file) => given(file.values, name))
}

/** Where variables may be written, absolute; the first file that has one decides. */
export function environmentFiles(folder: string, mode: string): string[] {
  const names = [`.env.${mode}.local`, `.env.${mode}`, '.env.local', '.env']
  return names.map((name) => path.join(folder, name))
}

/** The `.env` files of a folder that exist, highest priority first. */
function readFiles(folder: string, mode: string): EnvironmentFile[] {
  return environmentFiles(folder, mode).flatMap((file) => {
    const text = readFileIfThere(file)?.toString('utf8')
    return text === undefined ? [] : [{ name: path.basename(file), text, values: parseEnv(text) }]
  })
}

/** The value of a variable. An empty or blank one counts as not set. */
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
 * a plugin runs: a key that is in both counts as the file's.
 */
function keyHolder(
  keyVariable: string,
  files: readonly EnvironmentFile[],
  environment: NodeJS.ProcessEnv,
): EnvironmentFile | undefined {
  const real = given(environment, keyVariable)
  return files.find(({ values }) => {
    const key = given(values, keyVariable)
    return key !== undefined && (real === undefined || key === real)
  })
}

/**
 * Whether the environment's host may have been copied from this file. The tools that copy accept more than Node's parser
 * (`NAME: value`) and replace `$name`, so this looks at the lines themselves.
 */
function mayHaveSet({ text, values }: EnvironmentFile, variable: string, host: string): boolean {
  if (given(values, variable) === host) return true
  return text
    .split(/[\r\n]+/)
    .some((line) => line.includes(variable) && (line.includes(host) || /[$\\`]/.test(line)))
}

function hostFrom(
  provider: Provider,
  files: readonly EnvironmentFile[],
  holder: EnvironmentFile | undefined,
): {
  readonly address: string | undefined
  readonly isForAnyKey: boolean
  readonly warnings: readonly string[]
} {
  const warnings: string[] = []
  for (const file of files) {
    const address = given(file.values, provider.hostVariable)
    if (address === undefined) continue
    if (isTrustedHost(address, provider.origins)) return { address, isForAnyKey: true, warnings }
    if (file === holder) return { address, isForAnyKey: false, warnings }
    warnings.push(ignoredHost(provider, file.name, address))
  }
  return { address: undefined, isForAnyKey: true, warnings }
}

function ignoredHost(
  { name, keyVariable, hostVariable }: Provider,
  file: string,
  address: string,
): string {
  // Without the part before an @, which may be a secret.
  const shown = URL.canParse(address) ? ` (${plainText(new URL(address).host, 100)})` : ''
  return `${hostVariable} in ${plainText(file, 100)}${shown} is ignored: a host from a file is used only with the ${keyVariable} of the same file, unless it is one of ${name}'s own hosts or this machine. If it is yours, set it in the environment, and not in that file, or write both into .env.local.`
}

/** Whether this process runs on a continuous integration service. */
export function isContinuousIntegration(environment: NodeJS.ProcessEnv): boolean {
  return !['', '0', 'false'].includes((environment['CI'] ?? '').toLowerCase())
}
