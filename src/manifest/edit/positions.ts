import type { Pair, YAMLMap } from 'yaml'
import { loadYaml } from '../yaml.ts'

/** A text replacement between two offsets. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

export function applySplices(text: string, splices: readonly Splice[]): string {
  return [...splices]
    .sort((left, right) => right.start - left.start)
    .reduce((all, { start, end, text: put }) => all.slice(0, start) + put + all.slice(end), text)
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((item) => loadYaml().isScalar(item.key) && String(item.key.value) === name)
}

export function isQuotedKey({ key }: Pair): boolean {
  return loadYaml().isScalar(key) && key.type === 'QUOTE_DOUBLE'
}

/** The start offset of a node. */
export function startOf(node: unknown): number | undefined {
  return loadYaml().isNode(node) ? node.range?.[0] : undefined
}

/** The offset at which a node's content ends, without trailing comments and line breaks. */
export function endOf(value: unknown): number {
  if (loadYaml().isPair(value)) return value.value === null ? endOf(value.key) : endOf(value.value)
  if (loadYaml().isCollection(value) && value.flow !== true && value.items.length > 0) {
    return endOf(value.items.at(-1))
  }
  return (
    (loadYaml().isScalar(value) || loadYaml().isAlias(value) || loadYaml().isCollection(value)
      ? value.range?.[1]
      : 0) ?? 0
  )
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** The end of the line that contains an offset. A block scalar ends after its last line break. */
export function lineEnd(text: string, end: number): number {
  let last = end
  while (/[\r\n]/.test(text.charAt(last - 1))) last--
  const lineBreak = /\r?\n/g
  lineBreak.lastIndex = last
  return lineBreak.exec(text)?.index ?? text.length
}

/** The column of an offset, counted from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset)
}

export function indentAt(text: string, start: number): string {
  return /^ */.exec(text.slice(start, start + 1000))?.[0] ?? ''
}

/** The line break that the file uses after an offset. */
export function newLineAt(text: string, offset: number): string {
  return (/\r?\n/.exec(text.slice(offset)) ?? /\r?\n/.exec(text))?.[0] ?? '\n'
}
