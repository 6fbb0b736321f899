import { inOneLine, printable, sentence } from './plain-text.ts'

/** The kind of an error. The command line turns it into an exit code. */
export type ErrorCode =
  | 'usage'
  | 'config'
  | 'manifest'
  | 'conflict'
  | 'frozen'
  | 'budget'
  | 'credentials'
  | 'provider'
  | 'unusable'
  | 'unavailable'
  | 'damaged'
  | 'render'
  | 'aborted'

/** A spot in a text file, with the lines around it ready to print. */
export interface Place {
  /** Path for people: relative to the root where the file is inside it. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
  /** The lines around the spot with a caret below it; `''` where the text is not available. */
  readonly frame: string
}

/** One problem: what is wrong, where, and what to do now. */
export interface Problem {
  readonly message: string
  readonly place?: Place
  /** For a fault in an extended file: the `extends` by which it got into each manifest, as `file:line:column`. */
  readonly through?: readonly string[]
  readonly hint?: string
  /** What to write, line by line; shown below the hint. */
  readonly example?: readonly string[]
}

/** An error whose cause is the user, the provider or the disk. It is shown without a stack trace. */
export class ImagegenError extends Error {
  override readonly name = 'ImagegenError'
  readonly code: ErrorCode
  readonly problems: readonly Problem[]

  constructor(
    code: ErrorCode,
    problems: Problem | readonly Problem[],
    options: { readonly summary?: string; readonly cause?: unknown } = {},
  ) {
    // Hosts print caught errors, some with all their fields, so each field has to be safe alone.
    const list = (isProblem(problems) ? [problems] : joined(problems)).map(safe)
    const text = list.map(formatProblem).join('\n\n')
    super(printable(options.summary === undefined ? text : `${options.summary}\n\n${text}`), {
      cause: options.cause,
    })
    this.code = code
    this.problems = list
  }
}

function isProblem(value: Problem | readonly Problem[]): value is Problem {
  return !Array.isArray(value)
}

/** Joins what many manifests report of one fault in a file that they all extend. */
function joined(problems: readonly Problem[]): readonly Problem[] {
  if (problems.every(({ through }) => through === undefined)) return problems
  const bySpot = new Map<string, Problem>()
  for (const problem of problems) {
    const { message, place } = problem
    const spot = JSON.stringify([message, place?.file, place?.line, place?.column])
    const earlier = bySpot.get(spot)
    const isOfStyle = problem.through !== undefined || earlier?.through !== undefined
    // Equal problems of one manifest stay as they are.
    const key = earlier === undefined || isOfStyle ? spot : `${spot}${bySpot.size}`
    const through = [...new Set([...(earlier?.through ?? []), ...(problem.through ?? [])])]
    bySpot.set(key, through.length === 0 ? problem : { ...problem, through })
  }
  return [...bySpot.values()]
}

/** The most `extends` that a message names. */
const SHOWN_THROUGH = 3

function throughLine(through: readonly string[]): string {
  const shown = through.slice(0, SHOWN_THROUGH)
  const more = through.length - shown.length
  return `  through \`extends\` in ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Makes the texts safe for a terminal: names and texts of others are part of the sentences. */
function safe<Any extends Problem>(problem: Any): Any {
  const { message, hint, example, place, through } = problem
  return {
    ...problem,
    message: sentence(message),
    ...(through === undefined ? {} : { through: through.map(inOneLine) }),
    ...(hint === undefined ? {} : { hint: sentence(hint) }),
    ...(example === undefined ? {} : { example: example.map(sentence) }),
    ...(place === undefined ? {} : { place: { ...place, file: inOneLine(place.file) } }),
  }
}

/**
 * Formats `file:line:column  message`, the code frame, the `extends` that it came through, then the hint, each on its own
 * lines. Names contain no line breaks.
 */
export function formatProblem(problem: Problem): string {
  const { message, hint, example = [], place, through } = safe(problem)
  const lines = [
    place === undefined ? message : `${place.file}:${place.line}:${place.column}  ${message}`,
  ]
  if (place !== undefined && place.frame !== '') lines.push(place.frame)
  if (through !== undefined) lines.push(throughLine(through))
  if (hint !== undefined) lines.push(`  → ${hint}`)
  lines.push(...example.map((line) => `      ${line}`))
  return lines.join('\n')
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
