import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/run.ts'
import { helpOf, readArguments } from '../../src/cli/terminal/arguments.ts'
import { columnsOf, wrap } from '../../src/cli/terminal/wrap.ts'

/** Commands whose result is not a report: `completion` prints a script. */
const WITHOUT_JSON = new Set(['completion'])

/** A line as a shell takes it apart: without quotes and redirections. */
function words(line: string): string[] {
  const [plain = ''] = line.split(/ [<>]/)
  return [...plain.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

describe.each(Object.entries(COMMANDS))('imagegen %s --help', (name, { about, load }) => {
  it('shows what an id looks like, and two examples that the command accepts', async () => {
    const command = await load()
    const help = helpOf(name, about, command)
    expect(help).toContain('\n  src/cast.image.yaml#kira\n')
    expect(command.examples).toHaveLength(2)
    for (const { line, about: explained } of command.examples) {
      expect(help).toContain(`\n  ${`imagegen ${name} ${line}`.trimEnd()}\n      ${explained}\n`)
      expect(explained).toMatch(/^\w.*[^.]$/)
      expect(() => readArguments(name, command, words(line))).not.toThrow()
    }
    const lines = command.examples.map(({ line }) => line)
    expect(new Set(lines).size).toBe(2)
  })

  it('fits 60 columns, and lists --json where the command reports', async () => {
    const help = helpOf(name, about, await load())
    for (const line of wrap(help, 60).split('\n')) {
      expect(columnsOf(line), line).toBeLessThanOrEqual(60)
    }
    expect(help.includes('\n  --json ')).toBe(!WITHOUT_JSON.has(name))
  })
})
