import type { MatrixSettings } from '../schema/schema.ts'

/** What stands for `${name}`: text that may hold variables itself. */
export type Variables = ReadonlyMap<string, string>

/** What is wrong with a variable, in words for the author. */
export class VariableError extends Error {
  override readonly name = 'VariableError'
  /** The name that is not known, for a suggestion. */
  readonly unknown: string | undefined

  constructor(message: string, unknown?: string) {
    super(message)
    this.unknown = unknown
  }
}

/** Text with its variables filled in must not grow without bound: variables may hold variables. */
const MAX_LENGTH = 100_000

/** Variables that stand for nothing multiply without growing. */
const MAX_REPLACEMENTS = 10_000

/** Variables inside variables: more levels than anybody follows. */
const MAX_LEVELS = 64

/**
 * The text with every `${name}` replaced; `$${` is a literal `${`.
 *
 * @throws VariableError for a name that is not known, a cycle, an unclosed `${`, or more than can be meant.
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
        `The text is longer than ${MAX_LENGTH} characters with its variables.`,
      )
    }
    return result
  }

  return expand(text, [])
}

/** Every combination of a matrix's values, in the order written: the last variable changes fastest. */
export function combinations(matrix: MatrixSettings): Array<ReadonlyMap<string, string>> {
  let result: Array<ReadonlyMap<string, string>> = [new Map()]
  for (const [name, values] of Object.entries(matrix)) {
    result = result.flatMap((earlier) =>
      values.map((value) => new Map([...earlier, [name, String(value)] as const])),
    )
  }
  return result
}

/** How many combinations a matrix has, without making them. */
export function countCombinations(matrix: MatrixSettings): number {
  return Object.values(matrix).reduce((product, values) => product * values.length, 1)
}
