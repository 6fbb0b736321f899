import { readFileSync } from 'node:fs'
import type { Document } from 'yaml'
import { ImagegenError, messageOf, type Place, type Problem } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { codeFrame } from '../shared/place.ts'
import { MAX_DEPTH, tooDeepAt } from './depth.ts'
import {
  createLocate,
  MAX_PROBLEMS,
  type Locate,
  type Manifest,
  type ManifestContent,
} from './manifest.ts'
import { MAX_MARKS, tooManyMarksAt } from './marks.ts'
import { validateManifest } from './validate.ts'
import { loadYaml } from './yaml.ts'

/** Larger files are no manifests: parsing them would hold up every build. */
const MAX_BYTES = 1024 * 1024

/** Aliases that stand for other parts of the document; more of them are taken for an attempt to exhaust memory. */
const MAX_ALIASES = 100

/** What is known of manifests from earlier, by the SHA-256 of their bytes. */
export interface ManifestMemory {
  get(hash: string): ManifestContent | undefined
  set(hash: string, content: ManifestContent): void
}

/** The bytes of a manifest. */
export interface ManifestSource {
  /** Absolute. */
  readonly file: string
  /** From the root, as ids have it. */
  readonly path: string
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes. */
  readonly hash: string
}

/**
 * Reads and validates one manifest.
 *
 * @param file absolute path.
 * @param path path from the root, as ids have it.
 * @throws ImagegenError with code `manifest`, holding everything that is wrong with the file.
 */
export function readManifest(file: string, path: string, memory: ManifestMemory): Manifest {
  return understandManifest(loadManifest(file, path), memory)
}

/**
 * Reads the bytes of a manifest: the part of `readManifest` that cannot be remembered.
 *
 * @throws ImagegenError with code `manifest`.
 */
export function loadManifest(file: string, path: string): ManifestSource {
  let size: number
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= MAX_BYTES) return { file, path, bytes, hash: sha256(bytes) }
    size = bytes.length
  } catch (error) {
    throw unreadable(
      path,
      `The manifest cannot be read: ${messageOf(error)}`,
      'Check the path and its permissions.',
    )
  }
  throw unreadable(
    path,
    `The manifest has ${size} bytes; the most is ${MAX_BYTES} (1 MiB).`,
    'Split it into several manifests: entries can refer to each other across files.',
  )
}

/**
 * Takes a manifest from memory, or parses and validates it.
 *
 * @throws ImagegenError with code `manifest`.
 */
export function understandManifest(source: ManifestSource, memory: ManifestMemory): Manifest {
  const { file, path, bytes, hash } = source
  const remembered = memory.get(hash)
  // What is remembered has been text before; it is read as such only where somebody asks.
  let text = remembered === undefined ? decode(bytes, path) : undefined
  const content = remembered ?? parseManifest(text ?? '', path)
  if (remembered === undefined) memory.set(hash, content)
  let locate: Locate | undefined
  return {
    file,
    path,
    content,
    get text() {
      return (text ??= decode(bytes, path))
    },
    locate(place, part) {
      locate ??= createLocate(path, this.text)
      return locate(place, part)
    },
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(path, 'The manifest is not valid UTF-8.', 'Save the file as UTF-8.')
  }
}

function unreadable(file: string, message: string, hint: string): ImagegenError {
  return new ImagegenError('manifest', {
    message,
    place: { file, line: 1, column: 1, frame: '' },
    hint,
  })
}

/** Parses and validates the text of a manifest; see `readManifest`. */
export function parseManifest(text: string, path: string): ManifestContent {
  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) throw nestedTooDeep(path, tooDeep)
  const tooMany = tooManyMarksAt(text)
  if (tooMany !== undefined) {
    throw new ImagegenError('manifest', {
      message: `The manifest has more than ${MAX_MARKS.toLocaleString('en')} line breaks, commas, brackets and other marks of YAML.`,
      place: { file: path, ...tooMany, frame: '' },
      hint: 'Split it into several manifests: entries can refer to each other across files.',
    })
  }
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

function parseBounded(text: string, path: string): ManifestContent {
  const { LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  const document = withoutStackTraces(() =>
    parseDocument(text, {
      lineCounter: lines,
      version: '1.2',
      // Its own check is quadratic: a manifest of 1 MiB would take half a minute. See `keyProblems`.
      uniqueKeys: false,
      prettyErrors: false,
    }),
  )
  const fail = (problems: readonly Problem[]): never => {
    throw new ImagegenError('manifest', problems)
  }

  const placeAtOffset = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file: path, line, column: col, frame: codeFrame(text, line, col) }
  }

  // The first alone: what follows a slip is mostly its echo.
  const [slip] = [...document.errors, ...document.warnings]
  if (slip !== undefined) {
    const place = placeAtOffset(slip.pos[0])
    const line = text.split('\n')[place.line - 1] ?? ''
    fail([{ message: yamlMessage(slip.code, slip.message), place, ...quotingHint(text, line) }])
  }

  const value = toPlainData(document, fail, placeAtOffset)
  const { content, problems } = validateManifest(
    value,
    createLocate(path, text, { document, lines }),
  )
  if (problems.length > 0) fail([...problems].sort(byPlace))
  return content
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

/**
 * Keys that are written twice on one level, or are no plain text, or would reach an object's prototype further on.
 * An image may have the name `constructor`; nothing else needs such a name.
 */
function keyProblems(
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
            message: `\`${name}\` is written twice on one level. Each name may stand once.`,
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

/** The parser's own words, with advice for the mistakes that people make most. */
function yamlMessage(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'A tab cannot indent YAML. Use spaces.'
    case 'MULTIPLE_DOCS':
      return 'A manifest is one document: `---` starts a second one here.'
    default:
      return `Not valid YAML: ${message}`
  }
}

/** Braces and `#` mean something in flow style: the slips that people make most. */
function quotingHint(text: string, line: string): { hint?: string } {
  if (/[[,]\s*#/.test(text.replaceAll(/"[^"\n]*"|'[^'\n]*'/g, ''))) {
    return { hint: 'A bare # starts a comment in YAML. Put references in quotes: `"#name"`.' }
  }
  const [unquoted = ''] = line.split(/["']/, 1)
  const brace = unquoted.indexOf('{')
  const isFlow = brace >= 0 && unquoted.includes('${', brace + 1)
  return isFlow ? { hint: 'Inside { … } text with `${` must stand in quotes.' } : {}
}
