import type * as v from 'valibot'
import type { Problem } from '../../shared/errors.ts'
import { visible } from '../../shared/plain-text.ts'
import { isRecord } from '../../shared/record.ts'
import { nearest } from '../../shared/suggest.ts'
import type { DocumentPath, Locate } from '../manifest.ts'

/**
 * Turns an issue of the validator into a problem: what is wrong, where, and the closest known name.
 *
 * @param schema the schema that the value was checked against.
 * @param base the value's path in the document.
 */
export function explainIssue(
  topIssue: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  base: DocumentPath,
  locate: Locate,
): Problem {
  const { issue, path: inner } = deepest(topIssue, [])
  const path = [...base, ...inner]
  const dotted = inner.join('.')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const name = String(inner.at(-1))
    const known = fieldsAt(schema, inner.slice(0, -1))
    const isMerge = name === '<<'
    return {
      message: `Unknown field \`${visible(name)}\`.`,
      place: locate(path, 'key'),
      ...(isMerge
        ? { hint: 'Merge keys belong to YAML 1.1. Use `defaults` for settings that images share.' }
        : hintFor(name, known)),
    }
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') {
    return { message: `\`${dotted}\` is missing.`, place: locate(path.slice(0, -1), 'key') }
  }
  const subject = dotted === '' ? 'This' : `\`${dotted}\``
  return {
    message: `${subject}: expected ${expectation(issue)}, got ${shown(issue.input)}.`,
    place: locate(path, 'value'),
    ...(isBareHash(issue, inner)
      ? { hint: 'A bare # starts a comment in YAML. Put the reference in quotes: `"#name"`.' }
      : (asWritten(issue, inner) ?? misspelt(issue))),
  }
}

/** Picks the deepest issue of a union that nothing matched: the form that the author most likely meant. */
function deepest(
  issue: v.BaseIssue<unknown>,
  base: DocumentPath,
): { issue: v.BaseIssue<unknown>; path: DocumentPath } {
  const path = [...base, ...stepsOf(issue)]
  if (issue.type !== 'union' && issue.type !== 'variant') return { issue, path }
  const found = (issue.issues ?? [])
    .map((part) => deepest(part, path))
    .sort((left, right) => right.path.length - left.path.length)[0]
  return found !== undefined && found.path.length > path.length ? found : { issue, path }
}

function stepsOf(issue: v.BaseIssue<unknown>): DocumentPath {
  return (issue.path ?? []).map((item) =>
    typeof item.key === 'number' ? item.key : String(item.key),
  )
}

/** The names of the fields that a schema allows at a path. */
export function fieldsAt(schema: unknown, path: DocumentPath): string[] {
  if (!isRecord(schema)) return []
  const { wrapped, options, entries, item, value } = schema
  if (wrapped !== undefined) return fieldsAt(wrapped, path)
  if (Array.isArray(options)) return options.flatMap((option) => fieldsAt(option, path))
  const [step, ...rest] = path
  if (step === undefined) return isRecord(entries) ? Object.keys(entries) : []
  if (isRecord(entries)) return fieldsAt(entries[step], rest)
  return fieldsAt(item ?? value, rest)
}

function hintFor(name: string, known: readonly string[]): { hint?: string } {
  if (known.length === 0) return {}
  const suggestion = nearest(name, known)
  return {
    hint:
      suggestion === undefined
        ? `Known fields: ${known.join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
  }
}

/** Suggests the closest allowed value. */
function misspelt(issue: v.BaseIssue<unknown>): { hint?: string } {
  const words = [...(issue.expected ?? '').matchAll(/"([^"]+)"/g)].flatMap(([, word]) => word ?? [])
  const suggestion = typeof issue.input === 'string' ? nearest(issue.input, words) : undefined
  return suggestion === undefined ? {} : { hint: `Did you mean \`${suggestion}\`?` }
}

/** Shows how to write the value: as a list of one, or as quoted text. */
function asWritten(issue: v.BaseIssue<unknown>, path: DocumentPath): { hint: string } | undefined {
  const { input, expected } = issue
  const isPlain =
    typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean'
  const field = path.at(-1)
  if (!isPlain || typeof field !== 'string') return undefined
  const value = visible(String(input).slice(0, 60))
  if (expected === 'Array') return { hint: `Write a list: \`${field}: [${value}]\`.` }
  if (expected === 'string' && typeof input !== 'string') {
    return {
      hint: `YAML reads it as ${kindOfScalar(input)}. Put it in quotes: \`${field}: "${value}"\`.`,
    }
  }
  return undefined
}

function kindOfScalar(value: number | boolean): string {
  return typeof value === 'number' ? 'a number' : 'true or false'
}

function isBareHash(issue: v.BaseIssue<unknown>, path: DocumentPath): boolean {
  const isReference =
    path.includes('references') || (path.includes('media') && path.at(-1) === 'image')
  return issue.input === null && isReference
}

/** Describes the expected value without the validator's shorthand. */
function expectation(issue: v.BaseIssue<unknown>): string {
  const requirement: unknown = Reflect.get(issue, 'requirement')
  switch (issue.type) {
    case 'integer':
    case 'safe_integer':
      return 'a whole number'
    case 'finite':
      return 'a finite number'
    case 'regex':
      // The validator's own message shows the pattern, which says little to who writes a manifest.
      return issue.message.startsWith('Invalid format')
        ? `text of the form ${String(requirement)}`
        : issue.message
    case 'min_length':
      return typeof issue.input === 'string' ? 'text' : `at least ${String(requirement)} of them`
    case 'max_length':
    case 'max_entries':
      return `at most ${String(requirement)} of them`
    case 'min_entries':
      return `at least ${String(requirement)} of them`
    case 'min_value':
      return `at least ${String(requirement)}`
    case 'max_value':
      return `at most ${String(requirement)}`
    default:
      return inWords(issue.expected ?? issue.type)
  }
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  Object: 'a map',
  Array: 'a list',
  null: 'nothing',
}

/** `("a" | Object)` as `one of a, a map`. */
function inWords(expected: string): string {
  const parts = expected
    .replace(/^\((.*)\)$/, '$1')
    .split(' | ')
    .map((part) => WORDS[part] ?? part.replaceAll('"', '`'))
  const unique = [...new Set(parts)]
  return unique.length === 1 ? (unique[0] ?? '') : `one of ${unique.join(', ')}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null || Array.isArray(value) || isRecord(value)) return kindOf(value)
  const text = visible(JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** Describes a value's kind for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (an empty value)'
  if (Array.isArray(value)) return 'a list'
  return isRecord(value) ? 'a map' : `the ${typeof value} ${visible(String(value)).slice(0, 40)}`
}
