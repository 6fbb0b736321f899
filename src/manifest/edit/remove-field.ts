import type { Pair, YAMLMap } from 'yaml'
import { columnOf, endOf, lineEnd, lineStart, startOf, type Splice } from './positions.ts'

/** Yields the ways to remove a pair from its map. A comment on its last line goes with it. */
export function* removals(text: string, map: YAMLMap, pair: Pair): Generator<readonly Splice[]> {
  const start = startOf(pair.key)
  if (start === undefined) return
  const end = endOf(pair)
  const index = map.items.indexOf(pair)
  const isOnly = map.items.length === 1
  if (map.flow === true) {
    yield isOnly
      ? [{ start, end, text: '' }]
      : removeFromFlow(text, start, end, map.items[index - 1], map.items[index + 1])
    return
  }
  if (isOnly) {
    yield [{ start, end, text: '{}' }]
    return
  }
  const from = lineStart(text, start)
  const to = lineEnd(text, end)
  const next = to + (/^\r?\n/.exec(text.slice(to, to + 2))?.[0].length ?? 0)
  if (text.slice(from, start).trim() !== '') {
    // After the dash of a list, the next line of the map takes the place of this one.
    const indent = /^ */.exec(text.slice(next))?.[0].length ?? 0
    yield [{ start, end: next + Math.min(indent, columnOf(text, start)), text: '' }]
  } else if (next > to) yield [{ start: from, end: next, text: '' }]
  else {
    // The last line has no line break, and takes away the one before it.
    const before = /\r?\n$/.exec(text.slice(0, from))?.[0].length ?? 0
    yield [{ start: from - before, end: to, text: '' }]
  }
}

/** Removes `pick: 2` and one comma. Comments around it stay. */
function removeFromFlow(
  text: string,
  start: number,
  end: number,
  before: Pair | undefined,
  after: Pair | undefined,
): readonly Splice[] {
  const next = after === undefined ? undefined : startOf(after.key)
  if (next !== undefined) {
    const comma = commaIn(text, end, next)
    const blanks = /^ */.exec(text.slice(comma + 1))?.[0].length ?? 0
    return [{ start, end: comma + 1 + blanks, text: '' }]
  }
  const last = endOf(before)
  const comma = commaIn(text, last, start)
  const isOnOneLine =
    text.slice(comma + 1, start).trim() === '' && !/[\r\n]/.test(text.slice(comma, start))
  return isOnOneLine
    ? [{ start: comma, end, text: '' }]
    : [
        { start: comma, end: comma + 1, text: '' },
        { start, end, text: '' },
      ]
}

/** The comma between two pairs; a comment between them may hold others. */
function commaIn(text: string, from: number, to: number): number {
  const between = text
    .slice(from, to)
    .replaceAll(/#[^\r\n]*/g, (comment) => ' '.repeat(comment.length))
  return from + between.indexOf(',')
}
