import { describe, expect, it } from 'vitest'
import { readArguments, type Arguments } from '../../src/cli/terminal/arguments.ts'

const TAKEN = {
  operands: { usage: '[ID …]', least: 0, most: 2 },
  options: {
    yes: { about: 'agree' },
    budget: { about: 'at most', value: 'N' },
    out: { about: 'where', value: 'DIR' },
  },
}

function read(...raw: string[]): Arguments {
  return readArguments('make', TAKEN, raw)
}

describe('a command line', () => {
  it('gives flags, texts, counts and operands, in any order', () => {
    const given = read('kira', '--yes', '--out=a=b', '--budget', '12', '--', '--yes')
    expect(given.flag('yes')).toBe(true)
    expect(given.flag('out')).toBe(true)
    expect(given.text('out')).toBe('a=b')
    expect(given.count('budget')).toBe(12)
    expect(given.operands).toEqual(['kira', '--yes'])
    expect(read().count('budget')).toBeUndefined()
  })

  it.each([
    ['a misspelt option', ['--bugdet', '5'], /no option `--bugdet`.*Did you mean `--budget`/s],
    ['an option of every object', ['--constructor'], /no option `--constructor`/],
    ['an option with one dash', ['-yes'], /no option `-y`/],
    ['an option taken back', ['--no-yes'], /no option `--no-yes`/],
    ['a flag with a value', ['--yes=no'], /`--yes` takes no value/],
    ['an option without its value', ['--budget'], /`--budget` needs a value: N/],
    ['an empty value', ['--budget='], /`--budget` needs a value/],
    ['an option in the place of a value', ['--out', '--yes'], /`--out` needs a value/],
    ['an option given twice', ['--budget', '5', '--budget=500'], /`--budget` is given twice/],
    ['too many operands', ['a', 'b', 'c'], /takes \[ID …\], and was given `a` `b` `c`/],
  ])('with %s is refused', (_, raw, message) => {
    expect(() => read(...raw)).toThrow(message)
  })

  it.each(['', '-1', '1.5', '1e3', '0x10', 'all', 'Infinity', '9'.repeat(20), '５'])(
    'takes %j for no count',
    (text) => {
      expect(() => read(`--budget=${text}`).count('budget')).toThrow('--budget')
    },
  )
})
