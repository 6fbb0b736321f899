import { printable } from './plain-text.ts'

/** Reports to the user who runs the build. */
export interface Logger {
  /** What happened, for everyone. */
  info(message: string): void
  /** A problem that does not stop the build. */
  warn(message: string): void
  /** A failure. */
  error(message: string): void
}

/** Logs to standard error, apart from a command's results. */
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

/** Logs nothing, where another server of the same process reports for the project. */
export function createSilentLogger(): Logger {
  const silently = (): void => undefined
  return { info: silently, warn: silently, error: silently }
}

/**
 * Nuxt and other tools replace the console by consola, which labels everything on `console.error` as ERROR, progress
 * too. It keeps the original methods.
 *
 * @returns `undefined` where the console is Node's own.
 * @see https://github.com/unjs/consola/blob/main/src/consola.ts
 */
function unlabelled(): ((text: string) => void) | undefined {
  const wrapped: { readonly __error?: (text: string) => void } & Console = console
  return wrapped.__error
}

/** A logger that hides each of the given secrets in every message. */
export function redacting(logger: Logger, secrets: readonly string[]): Logger {
  const hide = (message: string): string => redact(message, secrets)
  return {
    info: (message) => logger.info(hide(message)),
    warn: (message) => logger.warn(hide(message)),
    error: (message) => logger.error(hide(message)),
  }
}

/** Shorter secrets, such as a test's `any`, also occur in ordinary words, and hiding them would spoil every message. */
const SHORTEST_SECRET = 8

/** The text with every secret replaced by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((result, secret) => result.replaceAll(secret, '***'), text)
}
