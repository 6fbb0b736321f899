import { isAlias, isCollection, isNode, isPair, isScalar, type Pair, type YAMLMap } from 'yaml'

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((item) => isScalar(item.key) && String(item.key.value) === name)
}

/** The offset at which a node starts. */
export function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

/** Where the last thing of a pair ends, without the comment and the line breaks behind it. */
export function endOf(value: unknown): number {
  if (isPair(value)) return value.value === null ? endOf(value.key) : endOf(value.value)
  if (isCollection(value) && value.flow !== true && value.items.length > 0) {
    return endOf(value.items.at(-1))
  }
  return (isScalar(value) || isAlias(value) || isCollection(value) ? value.range?.[1] : 0) ?? 0
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** The end of the line in which something ends. A block of text ends behind its last line break. */
export function lineEnd(text: string, end: number): number {
  let last = end
  while (/[\r\n]/.test(text.charAt(last - 1))) last--
  const lineBreak = /\r?\n/g
  lineBreak.lastIndex = last
  return lineBreak.exec(text)?.index ?? text.length
}

export function indentAt(text: string, start: number): string {
  return /^ */.exec(text.slice(start, start + 1000))?.[0] ?? ''
}

/** The line break that the file has where something is to be put. */
export function newLineAt(text: string, offset: number): string {
  return (/\r?\n/.exec(text.slice(offset)) ?? /\r?\n/.exec(text))?.[0] ?? '\n'
}
