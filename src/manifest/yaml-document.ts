import type { Alias, Document, LineCounter, Node, Pair, Scalar, YAMLMap } from 'yaml'
import { loadYaml } from './yaml.ts'

/**
 * Parses a manifest as YAML 1.2. Image names and the values of `when` and `exclude` keep their source text, because YAML
 * would turn `001` and `1.10` into numbers and so into other names.
 *
 * @param lines collects the line breaks.
 */
export function parseYamlDocument(text: string, lines?: LineCounter): Document.Parsed {
  const { parseDocument, isScalar } = loadYaml()
  const document = withoutStackTraces(() =>
    parseDocument(text, {
      ...(lines === undefined ? {} : { lineCounter: lines }),
      version: '1.2',
      // The parser's own check is quadratic: a 1 MiB manifest would take half a minute. `keyProblems` does it instead.
      uniqueKeys: false,
      prettyErrors: false,
    }),
  )
  const { pairsOf, valueAt } = readNodes(document)
  const images = pairsOf(valueAt(document.contents, 'images'))
  for (const { key } of images) if (isScalar(key)) takeSourceText(key)
  for (const fields of [valueAt(document.contents, 'defaults'), ...images.map((it) => it.value)]) {
    for (const combination of combinationsIn(fields)) {
      for (const { value } of combination.items) if (isScalar(value)) takeSourceText(value)
    }
  }
  return document
}

/** The maps of variables in an entry's `exclude` and `overrides`. What an alias repeats is found at its anchor. */
function combinationsIn(fields: unknown): YAMLMap[] {
  const { isMap, isSeq } = loadYaml()
  const valueOf = (map: unknown, name: string): unknown =>
    isMap(map) ? map.items.find(({ key }) => String(key) === name)?.value : undefined
  const itemsOf = (name: string): readonly unknown[] => {
    const list = valueOf(fields, name)
    return isSeq(list) ? list.items : []
  }
  return [
    ...itemsOf('exclude'),
    ...itemsOf('overrides').map((override) => valueOf(override, 'when')),
  ].filter((found) => isMap(found))
}

/**
 * Runs the parser without stack traces. With thousands of errors, capturing stacks costs more than parsing, and messages
 * show a position in the manifest instead.
 */
function withoutStackTraces<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Sets a plain scalar's value to its source text. */
function takeSourceText(scalar: Scalar): void {
  const { source, type } = scalar
  if (type === 'PLAIN' && source !== undefined) scalar.value = source
}

/** Reads nodes of a document and follows its aliases. */
export interface NodeReader {
  /** The pairs of a map; empty for any other node. */
  readonly pairsOf: (node: unknown) => readonly Pair[]
  /** The items of a list; empty for any other node. */
  readonly itemsOf: (node: unknown) => readonly unknown[]
  /** A map's value by name. */
  readonly valueAt: (node: unknown, name: string) => unknown
  /** The target of an alias; any other node unchanged. */
  readonly resolved: (node: unknown) => unknown
}

export function readNodes(document: Document.Parsed): NodeReader {
  const { isAlias, isMap, isScalar, isSeq } = loadYaml()
  // The parser's own `resolve` scans the whole document for each alias, so a hostile document would take minutes.
  let targets: ReadonlyMap<Alias, Node> | undefined
  const resolved = (node: unknown): unknown => {
    if (!isAlias(node)) return node
    targets ??= targetsIn(document)
    return targets.get(node)
  }
  const pairsOf = (node: unknown): readonly Pair[] => {
    const map = resolved(node)
    return isMap(map) ? map.items : []
  }
  return {
    resolved,
    pairsOf,
    itemsOf(node) {
      const list = resolved(node)
      return isSeq(list) ? list.items : []
    },
    valueAt(node, name) {
      const pair = pairsOf(node).find(({ key }) => isScalar(key) && String(key.value) === name)
      return resolved(pair?.value)
    },
  }
}

function targetsIn(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const { isAlias, visit } = loadYaml()
  const targets = new Map<Alias, Node>()
  const byAnchor = new Map<string, Node>()
  visit(document, {
    Node(_, node) {
      const target = isAlias(node) ? byAnchor.get(node.source) : undefined
      if (isAlias(node) && target !== undefined) targets.set(node, target)
      if (!isAlias(node) && node.anchor !== undefined) byAnchor.set(node.anchor, node)
    },
  })
  return targets
}
