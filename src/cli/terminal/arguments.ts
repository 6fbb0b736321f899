import { parseArgs } from 'node:util'
import { ImagegenError } from '../../shared/errors.ts'
import { release } from '../../shared/release.ts'
import { nearest } from '../../shared/suggest.ts'

/** The operands and options of a command. */
export interface Taken {
  /** What follows the command's name; `usage` is the text in the help, such as `[ID or glob …]`. */
  readonly operands?: {
    readonly usage: string
    readonly least: number
    readonly most: number
    /** The words that an operand may be, for completion in shells. Default: any text. */
    readonly words?: readonly string[]
  }
  readonly options: Readonly<Record<string, Option>>
}

/** What a command takes, and two command lines that show it. */
export interface Documented extends Taken {
  readonly examples: readonly [Example, Example]
}

/** A command line for the help. */
export interface Example {
  /** What follows `imagegen <command>`, as a shell takes it. */
  readonly line: string
  readonly about: string
}

/** A flag, or an option with a value. */
export interface Option {
  readonly about: string
  /** The value's name in the help; undefined for a flag. */
  readonly value?: string
}

/** The parsed operands and options of a command line. */
export interface Arguments {
  readonly operands: readonly string[]
  flag(name: string): boolean
  text(name: string): string | undefined
  /**
   * An option's value as a whole number.
   *
   * @throws ImagegenError with code `usage` for any other value.
   */
  count(name: string): number | undefined
}

/**
 * Parses a command line. It is strict about misspelt and repeated options, because one of them may be the option that
 * limits spending.
 *
 * @throws ImagegenError with code `usage`.
 */
export function readArguments(name: string, taken: Taken, raw: readonly string[]): Arguments {
  const refuse: (message: string, hint?: string) => never = (message, hint) => {
    throw new ImagegenError('usage', {
      message,
      hint: hint ?? `\`imagegen ${name} --help\` lists what it accepts.`,
    })
  }
  const given = new Map<string, string>()
  const operands: string[] = []
  for (const token of tokensOf(taken, raw)) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const { rawName, value, inlineValue } = token
    const option = rawName.startsWith('--') ? optionOf(taken, token.name) : undefined
    if (option === undefined) {
      const suggestion = nearest(token.name, Object.keys(taken.options))
      refuse(
        `\`imagegen ${name}\` has no option \`${rawName}\`.`,
        suggestion === undefined ? undefined : `Did you mean \`--${suggestion}\`?`,
      )
    }
    if (given.has(token.name)) refuse(`\`${rawName}\` is given twice.`)
    if (option.value === undefined) {
      if (value !== undefined) refuse(`\`${rawName}\` takes no value.`)
    } else if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
      refuse(`\`${rawName}\` needs a value: ${option.value}.`)
    }
    given.set(token.name, value ?? '')
  }
  const { usage, least, most } = taken.operands ?? { usage: 'nothing', least: 0, most: 0 }
  if (operands.length < least || operands.length > most) {
    const list = operands.map((one) => `\`${one}\``).join(' ')
    refuse(`\`imagegen ${name}\` takes ${usage}, and was given ${list === '' ? 'nothing' : list}.`)
  }
  return {
    operands,
    flag: (option) => given.has(option),
    text: (option) => given.get(option),
    count(option) {
      const text = given.get(option)
      if (text === undefined) return undefined
      if (!/^\d{1,15}$/.test(text)) {
        refuse(`\`--${option}\` is \`${text}\`: expected a whole number.`)
      }
      return Number(text)
    },
  }
}

type Tokens = NonNullable<ReturnType<typeof parseArgs>['tokens']>

function tokensOf({ options }: Taken, raw: readonly string[]): Tokens {
  const types = Object.entries(options).map(
    ([name, { value }]) =>
      [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }] as const,
  )
  const config = { args: [...raw], options: Object.fromEntries(types), strict: false, tokens: true }
  return parseArgs({ ...config, tokens: true, allowPositionals: true }).tokens
}

function optionOf({ options }: Taken, name: string): Option | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/** The text of `imagegen --help`. */
export function helpOfAll(commands: ReadonlyArray<readonly [name: string, about: string]>): string {
  return [
    `imagegen ${release()}: generates the images of *.image.yaml manifests once, keeps them, and builds them in.`,
    '',
    'imagegen <command> [options]',
    '',
    ...table(commands),
    '',
    'Run `imagegen <command> --help` for details.',
  ].join('\n')
}

/** What the operands of commands that work on images look like. */
const ABOUT_IDS = `An ID is the path of a manifest, # and the name of an image:
  src/cast.image.yaml#kira
The name alone (kira), the path alone (all images of that manifest) and a quoted glob ('tile-*') select images too.`

/** The text of `imagegen <command> --help`. */
export function helpOf(
  name: string,
  about: string,
  { operands, options, examples }: Documented,
): string {
  const rows = Object.entries(options).map(
    ([option, { value, about: text }]) =>
      [`--${option}${value === undefined ? '' : ` ${value}`}`, text] as const,
  )
  const usage = [
    `imagegen ${name}`,
    ...(rows.length > 0 ? ['[options]'] : []),
    operands?.usage ?? '',
  ]
  return [
    `${usage.join(' ').trimEnd()}: ${about}`,
    ...(rows.length > 0 ? [''] : []),
    ...table(rows),
    '',
    'Examples:',
    ...examples.flatMap(({ line, about: text }) => [
      `  ${`imagegen ${name} ${line}`.trimEnd()}`,
      `      ${text}`,
    ]),
    '',
    ABOUT_IDS,
  ].join('\n')
}

function table(rows: ReadonlyArray<readonly [left: string, right: string]>): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
