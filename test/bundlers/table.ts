import { TRAITS, type Host } from './hosts/host.ts'

/** What is said of the hosts, line by line, with a heading. */
export function tableOf(hosts: readonly Host[]): readonly (readonly string[])[] {
  return [
    ['bundler', ...TRAITS],
    ...hosts.map(({ name, says }) => [name, ...TRAITS.map((trait) => says[trait])]),
  ]
}

/** The table of a Markdown text whose first heading is this. */
export function readTable(text: string, first: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`))
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'))
  return lines
    .slice(start, start + length)
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** The table in Markdown. */
export function markdownOf([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}
