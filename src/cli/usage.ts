import { release } from '../shared/release.ts'
import type { Taken } from './terminal/arguments.ts'

/** What `imagegen --help` says. */
export function helpOfAll(commands: ReadonlyArray<readonly [name: string, about: string]>): string {
  return [
    `imagegen ${release()}: pictures written as text, made once, kept, and built in.`,
    '',
    'imagegen <command> [options]',
    '',
    ...table(commands),
    '',
    '`imagegen <command> --help` says more.',
  ].join('\n')
}

/** What `imagegen <command> --help` says. */
export function helpOf(name: string, about: string, { operands, options }: Taken): string {
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
  ].join('\n')
}

function table(rows: ReadonlyArray<readonly [left: string, right: string]>): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
