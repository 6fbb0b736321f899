import type { Document } from 'yaml'
import { ImagegenError, type Place, type Problem, messageOf } from '../../shared/errors.ts'
import { codeFrame } from '../../shared/place.ts'
import {
  MAX_PROBLEMS,
  type ManifestContent,
  type ManifestWarning,
  createLocate,
} from '../manifest.ts'
import { parseYamlDocument } from '../yaml-document.ts'
import { loadYaml } from '../yaml.ts'
import { type Flood, MAX_DEPTH, MAX_MARKS, MAX_SEPARATORS, floodIn, tooDeepAt } from './limits.ts'
import { type NotMeant, findNotMeant } from './not-meant.ts'
import { FIELDS, validateManifest } from './validate.ts'
import { MERGE_CONFLICT, explainSlip, mergeConflictAt } from './yaml-slips.ts'

/** The most values that aliases may expand to; more is treated as an attempt to exhaust memory. */
const MAX_ALIASES = 100

/**
 * Parses and validates the text of a manifest.
 *
 * @throws ImagegenError with code `manifest` that lists every problem.
 */
export function parseManifest(text: string, path: string): ManifestContent {
  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) throw nestedTooDeep(path, tooDeep)
  const flood = floodIn(text)
  if (flood !== undefined) throw tooMuch(path, flood)
  try {
    return parseBounded(text, path)
  } catch (error) {
    // Only the parser sees some kinds of nesting, such as `a: b: c: …`, which exhaust its stack.
    if (error instanceof RangeError) throw nestedTooDeep(path, { line: 1, column: 1 })
    throw error
  }
}

function nestedTooDeep(
  file: string,
  place: { readonly line: number; readonly column: number },
): ImagegenError {
  return new ImagegenError('manifest', {
    message: `The manifest is nested more than ${MAX_DEPTH} levels deep.`,
    place: { file, ...place, frame: '' },
    hint: 'No field needs that much nesting. Check the brackets, the colons and the indentation.',
  })
}

function tooMuch(file: string, { of, line, column }: Flood): ImagegenError {
  const what =
    of === 'separators'
      ? `${MAX_SEPARATORS.toLocaleString('en')} line breaks and commas`
      : `${MAX_MARKS.toLocaleString('en')} line breaks, commas, brackets and other marks of YAML`
  return new ImagegenError('manifest', {
    message: `The manifest has more than ${what}.`,
    place: { file, line, column, frame: '' },
    hint: 'Split it into several manifests: entries can refer to each other across files.',
  })
}

function parseBounded(text: string, path: string): ManifestContent {
  const { LineCounter } = loadYaml()
  const lines = new LineCounter()
  const document = parseYamlDocument(text, lines)
  const fail = (problems: readonly Problem[]): never => {
    throw new ImagegenError('manifest', problems)
  }

  const placeAtOffset = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file: path, line, column: col, frame: codeFrame(text, line, col) }
  }

  const conflict = mergeConflictAt(text)
  if (conflict !== undefined) fail([{ ...MERGE_CONFLICT, place: placeAtOffset(conflict) }])

  const notMeant = findNotMeant(document, text, placeAtOffset)
  // Report only the first syntax error; later ones usually follow from it.
  const [slip] = [...document.errors, ...document.warnings]
  if (slip !== undefined) {
    const place = placeAtOffset(slip.pos[0])
    const line = (text.split('\n')[place.line - 1] ?? '').replace(/\r$/, '')
    const cutOff = cutOffHint([place.line - 1, place.line], notMeant)
    const explained =
      cutOff === undefined
        ? explainSlip(slip, text, line, FIELDS)
        : { message: `Not valid YAML: ${slip.message}`, ...cutOff }
    fail([{ ...explained, place }])
  }

  const value = toPlainData(document, fail, placeAtOffset)
  const { content, problems } = validateManifest(
    value,
    createLocate(path, text, { document, lines }),
  )
  // What a value should have been is said once.
  const others = problems.filter(({ place }) =>
    notMeant.problems.every((other) => !isSamePlace(other.place, place)),
  )
  const all = [...others.map((each) => withCutOffHint(each, notMeant)), ...notMeant.problems]
  if (all.length > 0) fail(all.sort(byPlace))
  const { warnings } = notMeant
  return warnings.length === 0 ? content : { ...content, warnings: [...warnings].sort(byLine) }
}

/** If a comment cut off the text of this line, say so: it is the likely cause of the problem. */
function withCutOffHint(problem: Problem, notMeant: NotMeant): Problem {
  if (problem.hint !== undefined || problem.place === undefined) return problem
  return { ...problem, ...cutOffHint([problem.place.line], notMeant) }
}

function cutOffHint(
  lines: readonly number[],
  { warnings }: NotMeant,
): { readonly hint: string } | undefined {
  const found = warnings.find(({ line }) => lines.includes(line))
  return found === undefined ? undefined : { hint: `${found.message} ${found.hint}` }
}

function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
  return one?.line === other?.line && one?.column === other?.column
}

function byLine(left: ManifestWarning, right: ManifestWarning): number {
  return left.line - right.line || left.column - right.column
}

function byPlace(left: Problem, right: Problem): number {
  const lines = (left.place?.line ?? 0) - (right.place?.line ?? 0)
  return lines === 0 ? (left.place?.column ?? 0) - (right.place?.column ?? 0) : lines
}

function toPlainData(
  document: Document.Parsed,
  fail: (problems: readonly Problem[]) => never,
  placeAtOffset: (offset: number) => Place,
): unknown {
  const problems = keyProblems(document, placeAtOffset)
  if (problems.length > 0) fail(problems)
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    return fail([
      {
        message:
          error instanceof ReferenceError && error.message.includes('alias count')
            ? `The manifest uses too many aliases (more than ${MAX_ALIASES} values through them).`
            : messageOf(error),
        place: placeAtOffset(0),
        hint: 'Use `defaults` and `vars` for settings that images share.',
      },
    ])
  }
}

/**
 * Finds keys that occur twice in one map, are not plain text, or would reach an object's prototype in later code.
 * Only an image may have the name `constructor`.
 */
export function keyProblems(
  document: Document.Parsed,
  placeAtOffset: (offset: number) => Place,
): Problem[] {
  const { isNode, isScalar, visit } = loadYaml()
  const problems: Problem[] = []
  visit(document, {
    Map(_, map, ancestors) {
      const seen = new Set<string>()
      const isImages = ancestors.length === 3 && isPairWithKey(ancestors[2], 'images')
      for (const { key } of map.items) {
        if (problems.length >= MAX_PROBLEMS) return visit.BREAK
        const place = (): Place => placeAtOffset(isNode(key) ? (key.range?.[0] ?? 0) : 0)
        if (!isScalar(key)) {
          problems.push({ message: 'A key must be plain text.', place: place() })
          continue
        }
        const name = String(key.value).normalize('NFC')
        if (seen.has(name)) {
          problems.push({
            message: `\`${name}\` is written twice on one level. Each name may occur once.`,
            place: place(),
          })
        } else if (UNSAFE_KEYS.has(name) && !isImages) {
          problems.push({ message: `\`${name}\` cannot be a name here.`, place: place() })
        }
        seen.add(name)
      }
      return undefined
    },
  })
  return problems
}

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

function isPairWithKey(value: unknown, name: string): boolean {
  const { isPair, isScalar } = loadYaml()
  return isPair(value) && isScalar(value.key) && value.key.value === name
}
