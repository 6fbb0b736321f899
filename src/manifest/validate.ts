import * as v from 'valibot'
import { ImagegenError, type Place, type Problem } from '../shared/errors.ts'
import { nearest } from '../shared/suggest.ts'
import type { DocumentPath, ManifestContent } from './manifest.ts'
import { isImageName } from './names.ts'
import {
  defaultsSchema,
  EXCLUSIVE_FIELDS,
  frameSchema,
  IMAGE_FIELD_NAMES,
  imageSchema,
  singleFormSchema,
  writtenNameSchema,
  type ImageSettings,
} from './schema.ts'

type Locate = (path: DocumentPath, part: 'key' | 'value') => Place

interface Validation {
  readonly content: ManifestContent
  readonly problems: readonly Problem[]
}

/** Holds a document's plain data against the schema and collects everything that is wrong with it. */
export function validateManifest(value: unknown, locate: Locate): Validation {
  if (!isRecord(value)) {
    const problem: Problem = {
      message: `A manifest is a map with \`images:\` or \`prompt:\` at the top, not ${kindOf(value)}.`,
      place: locate([], 'value'),
      hint: 'Write `images:`, below it a name, and below that `prompt:`.',
    }
    return { content: emptyContent('named'), problems: [problem] }
  }
  return Object.hasOwn(value, 'images')
    ? validateNamedForm(value, locate)
    : validateSingleForm(value, locate)
}

function validateNamedForm(value: Record<string, unknown>, locate: Locate): Validation {
  const problems: Problem[] = []
  const frame = check(frameSchema, value, [], locate, problems)
  if (isRecord(value['defaults'])) exclusive(value['defaults'], ['defaults'], locate, problems)
  const images: Array<ManifestContent['images'][number]> = []
  for (const [name, settings] of Object.entries(isRecord(value['images']) ? value['images'] : {})) {
    const path = ['images', name]
    if (!v.is(writtenNameSchema, name)) problems.push(badName(name, locate(path, 'key')))
    const image = check(imageSchema, settings, path, locate, problems)
    if (isRecord(settings)) exclusive(settings, path, locate, problems)
    if (image !== undefined) images.push({ name, settings: image })
  }
  return {
    content: {
      form: 'named',
      defaults: frame?.defaults ?? {},
      vars: variables(frame?.vars),
      images,
    },
    problems,
  }
}

function validateSingleForm(value: Record<string, unknown>, locate: Locate): Validation {
  const problems: Problem[] = []
  if (Object.hasOwn(value, 'defaults')) {
    problems.push({
      message: 'A manifest with `defaults:` needs `images:`.',
      place: locate(['defaults'], 'key'),
      hint: 'In the form with one image at the top there is nothing that defaults could hold for.',
    })
    return { content: emptyContent('single'), problems }
  }
  const single = check(singleFormSchema, value, [], locate, problems)
  exclusive(value, [], locate, problems)
  const { vars, ...settings } = single ?? {}
  return {
    content: {
      form: 'single',
      defaults: {},
      vars: variables(vars),
      images: [{ name: '', settings: settings }],
    },
    problems,
  }
}

/**
 * Checks the `defaults` of the options as those of a manifest are checked.
 *
 * @throws ImagegenError with code `config`.
 */
export function parseDefaults(value: unknown): ImageSettings {
  const problems: Problem[] = []
  const nowhere: Locate = (path) => ({ file: `defaults.${path.join('.')}`, line: 1, column: 1, frame: '' })
  const settings = check(defaultsSchema, value, [], nowhere, problems)
  if (isRecord(value)) exclusive(value, [], nowhere, problems)
  if (settings !== undefined && problems.length === 0) return settings
  throw new ImagegenError(
    'config',
    problems.map(({ message, hint }) => ({
      message: `The option \`defaults\`: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    })),
  )
}

function emptyContent(form: ManifestContent['form']): ManifestContent {
  return { form, defaults: {}, vars: [], images: [] }
}

function variables(vars: Readonly<Record<string, string | number>> | undefined): ManifestContent['vars'] {
  return Object.entries(vars ?? {}).map(([name, value]) => [name, String(value)] as const)
}

function exclusive(
  settings: Readonly<Record<string, unknown>>,
  path: DocumentPath,
  locate: Locate,
  problems: Problem[],
): void {
  for (const [one, other] of EXCLUSIVE_FIELDS) {
    if (!Object.hasOwn(settings, one) || !Object.hasOwn(settings, other)) continue
    problems.push({
      message: `Both \`${one}\` and \`${other}\` are given.`,
      place: locate([...path, other], 'key'),
      hint: `Keep one of the two.`,
    })
  }
}

function badName(name: string, place: Place): Problem {
  const plain = name.replaceAll(/\$\{[^}]*\}/g, 'x')
  return {
    message: `\`${visible(name)}\` cannot name an image.`,
    place,
    hint:
      isImageName(plain) || !plain.includes('x')
        ? 'Names have letters, digits, `-`, `_` and `.`, start with a letter, digit or `_`, and are not `default` or `__proto__`.'
        : 'Around its `${variables}` a name has letters, digits, `-`, `_` and `.` only.',
  }
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  base: DocumentPath,
  locate: Locate,
  problems: Problem[],
): v.InferOutput<Schema> | undefined {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  for (const issue of result.issues) problems.push(problemOf(issue, base, locate))
  return undefined
}

/** One issue of the schema in the words of this project. */
function problemOf(topIssue: v.BaseIssue<unknown>, base: DocumentPath, locate: Locate): Problem {
  const { issue, path: inner } = deepest(topIssue, [])
  const path = [...base, ...inner]
  const last = path.at(-1)
  const dotted = inner.join('.')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = knownFields(issue)
    const suggestion = nearest(String(last), known)
    return {
      message: `Unknown field \`${visible(String(last))}\`.`,
      place: locate(path, 'key'),
      hint:
        suggestion === undefined
          ? `Known here: ${known.join(', ')}.`
          : `Did you mean \`${suggestion}\`?`,
    }
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') {
    return {
      message: `\`${dotted}\` is missing.`,
      place: locate(path.slice(0, -1), 'key'),
    }
  }
  const isBareHash = issue.input === null && /^references\.\d+/.test(dotted.replace(/^.*?references/, 'references'))
  const subject = dotted === '' ? 'This' : `\`${dotted}\``
  return {
    message: `${subject}: expected ${expectation(issue)}, got ${shown(issue.input)}.`,
    place: locate(path, 'value'),
    ...(isBareHash
      ? { hint: 'A bare # starts a comment in YAML. Put the reference in quotes: `"#name"`.' }
      : {}),
  }
}

/** Of a union that nothing matched, the issue that came furthest: the form that the author most likely meant. */
function deepest(
  issue: v.BaseIssue<unknown>,
  base: DocumentPath,
): { issue: v.BaseIssue<unknown>; path: DocumentPath } {
  const path = [...base, ...stepsOf(issue)]
  const found = (issue.issues ?? [])
    .map((part) => deepest(part, path))
    .sort((left, right) => right.path.length - left.path.length)[0]
  return found !== undefined && (issue.type === 'union' || issue.type === 'variant') && found.path.length > path.length
    ? found
    : { issue, path }
}

function stepsOf(issue: v.BaseIssue<unknown>): DocumentPath {
  return (issue.path ?? []).map((item) => (typeof item.key === 'number' ? item.key : String(item.key)))
}

function knownFields(issue: v.BaseIssue<unknown>): readonly string[] {
  const schema: unknown = Reflect.get(issue, 'schema')
  const entries = isRecord(schema) && isRecord(schema['entries']) ? schema['entries'] : undefined
  return entries === undefined ? IMAGE_FIELD_NAMES : Object.keys(entries)
}

/** What was expected, without the validator's shorthand. */
function expectation(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'schema') {
    switch (issue.type) {
      case 'string':
        return 'text'
      case 'strict_object':
      case 'record':
      case 'object':
        return 'a map'
      case 'array':
        return 'a list'
      case 'boolean':
        return 'true or false'
      default:
        return (issue.expected ?? issue.type).replaceAll('"', '`')
    }
  }
  const requirement: unknown = Reflect.get(issue, 'requirement')
  switch (issue.type) {
    case 'integer':
    case 'safe_integer':
      return 'a whole number'
    case 'regex':
      return `text of the form ${String(requirement)}`
    case 'min_length':
      return `at least ${String(requirement)} of them`
    case 'max_length':
      return `at most ${String(requirement)} of them`
    case 'min_value':
      return `at least ${String(requirement)}`
    case 'max_value':
      return `at most ${String(requirement)}`
    default:
      return (issue.expected ?? issue.type).replaceAll('"', '`')
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null || Array.isArray(value) || isRecord(value)) return kindOf(value)
  const text = visible(JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (an empty value)'
  if (Array.isArray(value)) return 'a list'
  return isRecord(value) ? 'a map' : `the ${typeof value} ${visible(String(value)).slice(0, 40)}`
}

/** Control characters and bidirectional marks as their escapes: names are printed on terminals. */
function visible(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
