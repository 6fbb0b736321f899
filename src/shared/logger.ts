import { printable } from './plain-text.ts'

/** The one way to say something to the person who runs the build. */
export interface Logger {
  /** What happened, for everyone. */
  info(message: string): void
  /** Something to mend that does not stop the build. */
  warn(message: string): void
  /** Something failed. */
  error(message: string): void
}

/** Says things on standard error, where they do not mix with what a command reports. */
export function createConsoleLogger(): Logger {
  return {
    info: (message) => (unlabelled() ?? console.error)(printable(`[imagegen] ${message}`)),
    warn(message) {
      const text = printable(`[imagegen] warning: ${message}`)
      if (unlabelled() === undefined) console.error(text)
      else console.warn(text)
    },
    error: (message) => console.error(printable(`[imagegen] error: ${message}`)),
  }
}

/** Says nothing, where another server of the same process speaks for the project. */
export function createSilentLogger(): Logger {
  const silently = (): void => undefined
  return { info: silently, warn: silently, error: silently }
}

/**
 * Nuxt and other tools replace the console by consola, which labels everything on `console.error` as ERROR, progress too.
 * It keeps the original methods beside its own.
 *
 * @returns nothing where the console is Node's own.
 * @see https://github.com/unjs/consola/blob/main/src/consola.ts
 */
function unlabelled(): ((text: string) => void) | undefined {
  const wrapped: { readonly __error?: (text: string) => void } & Console = console
  return wrapped.__error
}

/** A logger that hides each of the given secrets, whole, in everything that passes. */
export function redacting(logger: Logger, secrets: readonly string[]): Logger {
  const hide = (message: string): string => redact(message, secrets)
  return {
    info: (message) => logger.info(hide(message)),
    warn: (message) => logger.warn(hide(message)),
    error: (message) => logger.error(hide(message)),
  }
}

/** Shorter ones, such as a test's `any`, are found in ordinary words: hiding them would spoil every message. */
const SHORTEST_SECRET = 8

/** The text with every secret replaced by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((result, secret) => result.replaceAll(secret, '***'), text)
}
