import type { Document, Pair, Scalar } from 'yaml'
import type { Place, Problem } from '../../shared/errors.ts'
import { visible } from '../../shared/plain-text.ts'
import { loadYaml } from '../yaml.ts'
import { readNodes, type NodeReader } from '../yaml-document.ts'
import { MAX_PROBLEMS, type ManifestWarning } from '../manifest.ts'

/** Valid YAML that does not mean what its author most likely intended. */
export interface NotMeant {
  /** Values that YAML changes (`001` becomes 1) and that affect an image. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly ManifestWarning[]
}

/** The longest text, in characters, that a message quotes. */
const LONGEST_QUOTED = 120

/** Finds values that YAML misreads, and text that a `#` cuts off. */
export function findNotMeant(
  document: Document.Parsed,
  text: string,
  placeAtOffset: (offset: number) => Place,
): NotMeant {
  const warnings: ManifestWarning[] = []
  const warn = (offset: number, message: string, hint: string): void => {
    if (warnings.length >= MAX_PROBLEMS) return
    const { line, column } = placeAtOffset(offset)
    warnings.push({ line, column, message, hint })
  }
  const nodes = readNodes(document)
  const images = imageMaps(document, nodes)
  warnOfCutOffs(document, text, warn)
  const problems = [
    ...misreadValues(document, images, nodes, placeAtOffset),
    ...plainDigests(images, nodes, placeAtOffset),
  ]
  return { problems, warnings }
}

type Warn = (offset: number, message: string, hint: string) => void

/** All maps that may hold an image's fields. */
function imageMaps(
  { contents }: Document.Parsed,
  { pairsOf, valueAt }: NodeReader,
): readonly unknown[] {
  const images = pairsOf(valueAt(contents, 'images'))
  return [contents, valueAt(contents, 'defaults'), ...images.map(({ value }) => value)]
}

/** Finds numbers in `vars` and `matrix` whose text JavaScript would print differently: `001`, `1.10`, `0x1F`. */
function misreadValues(
  { contents }: Document.Parsed,
  images: readonly unknown[],
  { itemsOf, pairsOf, resolved, valueAt }: NodeReader,
  placeAtOffset: (offset: number) => Place,
): Problem[] {
  const problems = new Map<Scalar, Problem>()
  const check = (name: string, node: unknown): void => {
    const value = resolved(node)
    if (problems.size >= MAX_PROBLEMS || !isMisread(value)) return
    const { source = '', value: read } = value
    problems.set(value, {
      message: `\`${name}\`: YAML reads \`${visible(source)}\` as the number ${read}.`,
      place: placeAtOffset(value.range?.[0] ?? 0),
      hint: `Put it in quotes. \`"${read}"\` is what prompts contained until now, and keeps the images already paid for; \`"${visible(source)}"\` is what the manifest says, and requests new images.`,
    })
  }
  for (const { key, value } of pairsOf(valueAt(contents, 'vars'))) {
    check(`vars.${nameOf(key)}`, value)
  }
  for (const fields of images) {
    for (const { key, value } of pairsOf(valueAt(fields, 'matrix'))) {
      for (const item of itemsOf(value)) check(`matrix.${nameOf(key)}`, item)
    }
  }
  return [...problems.values()]
}

/** The fewest characters of a digest that `pick` takes. */
const SHORTEST_DIGEST = 8

/** Finds digests in `pick` without quotes: YAML reads `12345678` and `1415e811` as numbers. */
function plainDigests(
  images: readonly unknown[],
  { itemsOf, resolved, valueAt }: NodeReader,
  placeAtOffset: (offset: number) => Place,
): Problem[] {
  const { isScalar } = loadYaml()
  const problems = new Map<Scalar, Problem>()
  for (const fields of images) {
    for (const holder of [fields, ...itemsOf(valueAt(fields, 'overrides'))]) {
      const value = resolved(valueAt(holder, 'pick'))
      if (problems.size >= MAX_PROBLEMS || !isScalar(value) || value.type !== 'PLAIN') continue
      const { source = '', range } = value
      if (source.length < SHORTEST_DIGEST) continue
      problems.set(value, {
        message: `\`pick\`: \`${visible(source)}\` has no quotes, and YAML reads some digests as numbers.`,
        place: placeAtOffset(range?.[0] ?? 0),
        hint: `Put it in quotes: \`pick: "${visible(source)}"\`.`,
      })
    }
  }
  return [...problems.values()]
}

function isMisread(node: unknown): node is Scalar<number> {
  const { isScalar } = loadYaml()
  if (!isScalar(node) || node.type !== 'PLAIN' || !Number.isFinite(node.value)) return false
  return String(node.value) !== node.source
}

/** Matches a comment right after a plain scalar that was probably meant as text: `#` without a space after it. */
const CUT_OFF = /[ \t]*(#[^\s][^\r\n]*)/y

/** Warns about text that a `#` cuts off: `prompt: Poster in brand colour #ff8800`. */
function warnOfCutOffs(document: Document.Parsed, text: string, warn: Warn): void {
  // Skip the visit for the many manifests without such a `#`.
  if (!/[ \t]#\S/.test(text)) return
  const { visit } = loadYaml()
  const cutOff = new RegExp(CUT_OFF)
  visit(document, {
    Scalar(position, scalar, ancestors) {
      const end = scalar.range?.[1]
      if (position === 'key' || scalar.type !== 'PLAIN' || end === undefined) return
      cutOff.lastIndex = end
      const [behind = '', cut] = cutOff.exec(text) ?? []
      if (cut === undefined) return
      const start = end + behind.length - cut.length
      const names = namesOf(ancestors)
      // After a key without a value, the comment may be on a line of its own.
      const isAlone = text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === ''
      if (isAlone || !isText(scalar, names)) return
      const field = names.at(-1) ?? 'value'
      const value = `${text.slice(scalar.range?.[0] ?? end, end)}${behind}`.trimEnd()
      const isShort = value.length <= LONGEST_QUOTED && !/[\r\n]/.test(value)
      const example =
        isShort && !isInFlow(ancestors) ? `: \`${JSON.stringify(value.trimStart())}\`` : ''
      warn(
        start,
        `\`${visible(field)}\` ends before the #: YAML takes \`${shortened(cut)}\` for a comment.`,
        `Put the whole value in quotes${example}. If it is a comment, put a space after the #.`,
      )
    },
  })
}

/** Whether a scalar is text, ends up in text through `vars` or `matrix`, or is empty because the text begins with `#`. */
function isText({ value, source }: Scalar, names: readonly string[]): boolean {
  if (typeof value === 'string' || source === '') return true
  return names.includes('vars') || names.includes('matrix')
}

/** The keys around a value, outermost first. */
function namesOf(ancestors: readonly unknown[]): readonly string[] {
  const { isPair } = loadYaml()
  return ancestors.flatMap((ancestor) => (isPair(ancestor) ? [nameOf(ancestor.key)] : []))
}

function isInFlow(ancestors: readonly unknown[]): boolean {
  const { isCollection } = loadYaml()
  return ancestors.some((ancestor) => isCollection(ancestor) && ancestor.flow === true)
}

function nameOf(key: Pair['key']): string {
  const { isScalar } = loadYaml()
  return isScalar(key) ? visible(String(key.value)) : ''
}

function shortened(text: string): string {
  const plain = visible(text.trimEnd())
  return plain.length > LONGEST_QUOTED ? `${plain.slice(0, LONGEST_QUOTED - 1)}…` : plain
}
