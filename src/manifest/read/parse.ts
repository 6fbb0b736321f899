import type { Document } from 'yaml'
import { ImagegenError, messageOf, type Place, type Problem } from '../../shared/errors.ts'
import { codeFrame } from '../../shared/place.ts'
import { MAX_DEPTH, tooDeepAt } from './limits.ts'
import { keyProblems } from '../key-problems.ts'
import { createLocate, type ManifestContent, type ManifestWarning } from '../manifest.ts'
import { floodIn, MAX_MARKS, MAX_SEPARATORS, type Flood } from '../marks.ts'
import { findNotMeant, type NotMeant } from './not-meant.ts'
import { FIELDS, validateManifest } from './validate.ts'
import { loadYaml } from '../yaml.ts'
import { explainSlip, MERGE_CONFLICT, mergeConflictAt } from './yaml-slips.ts'
import { parseYamlDocument } from '../yaml-document.ts'

/** Aliases that stand for other parts of the document; more of them are taken for an attempt to exhaust memory. */
const MAX_ALIASES = 100

/**
 * Parses and validates the text of a manifest.
 *
 * @throws ImagegenError with code `manifest`, holding everything that is wrong with it.
 */
export function parseManifest(text: string, path: string): ManifestContent {
  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) throw nestedTooDeep(path, tooDeep)
  const flood = floodIn(text)
  if (flood !== undefined) throw tooMuch(path, flood)
  try {
    return parseBounded(text, path)
  } catch (error) {
    // Values can be nested in ways that only the parser sees, such as `a: b: c: …`: they exhaust its stack.
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
    hint: 'No field of a manifest needs that: check the brackets, colons and the indentation.',
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
  // The first alone: what follows a slip is mostly its echo.
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
  const all = [...problems.map((each) => withCutOffHint(each, notMeant)), ...notMeant.problems]
  if (all.length > 0) fail(all.sort(byPlace))
  const { warnings } = notMeant
  return warnings.length === 0 ? content : { ...content, warnings: [...warnings].sort(byLine) }
}

/** Where a comment has cut off text, that is what is wrong with what is left of it. */
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
        hint: 'Use `defaults` and `vars` for what images have in common.',
      },
    ])
  }
}
