import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkOptions } from '../../src/options/check-options.ts'

const root = path.join(import.meta.dirname, '../..')
const readme = readFileSync(path.join(root, 'README.md'), 'utf8')

/** The words in backticks in the first cell of every row of the table that begins with this header. */
function firstCells(header: string): string[][] {
  const start = readme.indexOf(`| ${header} |`)
  expect(start, header).toBeGreaterThan(0)
  const [table = ''] = readme.slice(start).split('\n\n')
  return table
    .split('\n')
    .slice(2)
    .map((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word))
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
}

const { definitions = {} } = JSON.parse(
  readFileSync(path.join(root, 'dist/schema.json'), 'utf8'),
) as Schema

function help(...args: string[]): string {
  return execFileSync(process.execPath, ['dist/cli/main.js', ...args, '--help'], {
    cwd: root,
    encoding: 'utf8',
  })
}

describe('the tables of the README', () => {
  it('name every field of an image, and no other', () => {
    const fields = Object.keys(definitions['named']!.properties!['defaults']!.properties!)
    expect(firstCells('field of an image, and of `defaults`').flat().toSorted()).toEqual(
      fields.toSorted(),
    )
  })

  it('name every field of `output`, and no other', () => {
    const fields = Object.keys(definitions['output']!.properties!)
    expect(firstCells('field of `output`').flat().toSorted()).toEqual(fields.toSorted())
  })

  it('name every option, and no other', () => {
    let known = ''
    try {
      checkOptions({ 'no such option at all': true }, 'here')
    } catch (error) {
      known = /Known: ([^.]+)\./.exec((error as Error).message)![1]!
    }
    expect(firstCells('option').flat().toSorted()).toEqual(known.split(', ').toSorted())
  })

  it('name every command with all of its options, and no other', () => {
    const commands = [...help().matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = '']) => name)
    expect(commands.length).toBeGreaterThan(10)
    const documented = firstCells('command').map(([line = '']) => ({
      name: line.split(' ')[1]!,
      options: [...line.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option).toSorted(),
    }))
    const actual = commands.map((name) => ({
      name,
      options: [...help(name).matchAll(/^ {2}--([a-z-]+)/gm)]
        .map(([, option = '']) => option)
        .toSorted(),
    }))
    const byName = (one: { name: string }, other: { name: string }): number =>
      one.name.localeCompare(other.name)
    expect(documented.toSorted(byName)).toEqual(actual.toSorted(byName))
  })
})
