/** The values of `${name}`; a value may contain variables itself. */
export type Variables = ReadonlyMap<string, string>

/** A problem with a variable; the message is for the manifest's author. */
export class VariableError extends Error {
  override readonly name = 'VariableError'
  /** The unknown name, for a suggestion. */
  readonly unknown: string | undefined

  constructor(message: string, unknown?: string) {
    super(message)
    this.unknown = unknown
  }
}

/** The longest text after substitution: nested variables must not grow it without bound. */
const MAX_LENGTH = 100_000

/** The most replacements: empty variables multiply without making the text longer. */
const MAX_REPLACEMENTS = 10_000

/** The deepest nesting of variables inside variables. */
const MAX_LEVELS = 64

/**
 * Replaces every `${name}` in a text; `$${` is a literal `${`.
 *
 * @throws VariableError for an unknown name, a cycle, an unclosed `${`, or a text that exceeds the limits.
 */
export function substitute(text: string, variables: Variables): string {
  let replacements = 0

  function expand(part: string, within: readonly string[]): string {
    if (!part.includes('${')) return part
    const result = part.replaceAll(/(\$?)\$\{([^}]*)(\}?)/g, (_, escaped, inner, closed) => {
      if (escaped === '$') return `\${${inner}${closed}`
      if (closed === '') {
        throw new VariableError('A `${` is never closed. Write `$${` for a literal one.')
      }
      const name = String(inner).trim()
      const value = variables.get(name)
      if (value === undefined)
        throw new VariableError(`No variable \`${name}\` is known here.`, name)
      if (within.includes(name)) {
        throw new VariableError(`Variables in a circle: ${[...within, name].join(' → ')}.`)
      }
      replacements += 1
      if (replacements > MAX_REPLACEMENTS || within.length >= MAX_LEVELS) {
        throw new VariableError(
          `More than ${MAX_REPLACEMENTS} variables would be filled in here, or more than ${MAX_LEVELS} inside each other.`,
        )
      }
      return expand(value, [...within, name])
    })
    if (result.length > MAX_LENGTH) {
      throw new VariableError(
        `With its variables filled in, the text is longer than ${MAX_LENGTH} characters.`,
      )
    }
    return result
  }

  return expand(text, [])
}

/** Escapes text from elsewhere, so that `substitute` returns it unchanged. */
export function escapeVariables(text: string): string {
  return text.replaceAll(/\$\{[^}]*\}?/g, (found) => `$${found}`)
}
