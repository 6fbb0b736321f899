import type { Alias, Document, LineCounter, Node, Pair, Scalar } from 'yaml'
import { loadYaml } from './yaml.ts'

/**
 * Parses the YAML 1.2 of a manifest. Names of images are taken as they are written: `001` and `1.10` would be numbers to
 * YAML, and other names.
 *
 * @param lines is told of the line breaks.
 */
export function parseYamlDocument(text: string, lines?: LineCounter): Document.Parsed {
  const { parseDocument, isScalar } = loadYaml()
  const document = withoutStackTraces(() =>
    parseDocument(text, {
      ...(lines === undefined ? {} : { lineCounter: lines }),
      version: '1.2',
      // Its own check is quadratic: a manifest of 1 MiB would take half a minute. See `keyProblems`.
      uniqueKeys: false,
      prettyErrors: false,
    }),
  )
  const { pairsOf, valueAt } = readNodes(document)
  for (const { key } of pairsOf(valueAt(document.contents, 'images'))) {
    if (isScalar(key)) takeSourceText(key)
  }
  return document
}

/**
 * Every error of the parser takes a picture of the stack, which costs more than all the rest where a text has thousands
 * of errors. Nobody reads them: a place in the manifest is shown instead.
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

/** Has a plain scalar stand for its text, whatever YAML makes of it. */
function takeSourceText(scalar: Scalar): void {
  const { source, type } = scalar
  if (type === 'PLAIN' && source !== undefined) scalar.value = source
}

/** Looks into a document, through its aliases. */
export interface NodeReader {
  /** The pairs of a map; none where it is no map. */
  readonly pairsOf: (node: unknown) => readonly Pair[]
  /** The items of a list; none where it is no list. */
  readonly itemsOf: (node: unknown) => readonly unknown[]
  /** A value of a map by its name. */
  readonly valueAt: (node: unknown, name: string) => unknown
  /** What an alias stands for; everything else as it is. */
  readonly resolved: (node: unknown) => unknown
}

export function readNodes(document: Document.Parsed): NodeReader {
  const { isAlias, isMap, isScalar, isSeq } = loadYaml()
  // The parser looks through the whole document for each alias: a hostile one would take minutes.
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
