import * as v from 'valibot'
import { ImagegenError, type Place, type Problem } from '../../shared/errors.ts'
import { visible } from '../../shared/plain-text.ts'
import { isRecord } from '../../shared/record.ts'
import { type DocumentPath, type Locate, MAX_PROBLEMS, type ManifestContent } from '../manifest.ts'
import { isImageName } from '../schema/names.ts'
import {
  EXCLUSIVE_FIELDS,
  type ExtendsSettings,
  type ImageSettings,
  type VarsSettings,
  defaultsSchema,
  frameSchema,
  imageSchema,
  singleFormSchema,
  writtenNameSchema,
} from '../schema/schema.ts'
import { explainIssue, fieldsAt, kindOf } from './explain.ts'
import { withColon } from './yaml-slips.ts'

interface Validation {
  readonly content: ManifestContent
  readonly problems: readonly Problem[]
}

/** The names of all fields at the top of a manifest or in an image. */
export const FIELDS: readonly string[] = [
  ...fieldsAt(frameSchema, []),
  ...fieldsAt(singleFormSchema, []),
]

const FRAME_FIELDS = fieldsAt(frameSchema, [])
const SINGLE_FIELDS = fieldsAt(singleFormSchema, [])

/** Validates a document's plain data against the schema and collects every problem. */
export function validateManifest(value: unknown, locate: Locate): Validation {
  if (!isRecord(value)) {
    const problem: Problem = {
      message: `A manifest is a map with \`images:\` or \`prompt:\` at the top, not ${kindOf(value)}.`,
      place: locate([], 'value'),
      hint: 'Write `images:`, below it a name, and below that `prompt:`.',
    }
    return { content: emptyContent('named'), problems: [problem] }
  }
  switch (formOf(value)) {
    case 'named':
      return validateNamedForm(value, locate)
    case 'single':
      return validateSingleForm(value, locate)
    case 'style':
      return validateStyle(value, locate)
  }
}

/** A style has `defaults`, or nothing but `vars` and `extends`. Any field of an image makes it a single-image manifest. */
function formOf(value: Record<string, unknown>): ManifestContent['form'] {
  const names = Object.keys(value)
  if (names.includes('images')) return 'named'
  if (names.some((name) => SINGLE_FIELDS.includes(name) && !FRAME_FIELDS.includes(name))) {
    return 'single'
  }
  const isStyle =
    names.includes('defaults') ||
    (names.length > 0 && names.every((name) => FRAME_FIELDS.includes(name)))
  return isStyle ? 'style' : 'single'
}

function validateNamedForm(value: Record<string, unknown>, locate: Locate): Validation {
  const problems: Problem[] = []
  if (Object.hasOwn(value, 'prompt')) problems.push(promptBesideImages(locate))
  const { prompt: _prompt, ...rest } = value
  const frame = check(frameSchema, rest, [], locate, problems)
  if (isRecord(value['defaults'])) exclusive(value['defaults'], ['defaults'], locate, problems)
  const images: Array<ManifestContent['images'][number]> = []
  for (const [name, settings] of Object.entries(isRecord(value['images']) ? value['images'] : {})) {
    if (problems.length >= MAX_PROBLEMS) break
    const path = ['images', name]
    if (!v.is(writtenNameSchema, name)) problems.push(badName(name, locate(path, 'key')))
    if (typeof settings === 'string') {
      problems.push(textForFields(name, settings, locate(path, 'value')))
      continue
    }
    const image = check(imageSchema, settings, path, locate, problems)
    if (isRecord(settings)) exclusive(settings, path, locate, problems)
    if (image !== undefined) images.push({ name, settings: image })
  }
  return {
    content: {
      form: 'named',
      ...extendsOf(frame?.extends),
      defaults: frame?.defaults ?? {},
      vars: variables(frame?.vars),
      images,
    },
    problems,
  }
}

function validateStyle(value: Record<string, unknown>, locate: Locate): Validation {
  const problems: Problem[] = []
  const frame = check(frameSchema, value, [], locate, problems)
  if (isRecord(value['defaults'])) exclusive(value['defaults'], ['defaults'], locate, problems)
  return {
    content: {
      form: 'style',
      ...extendsOf(frame?.extends),
      defaults: frame?.defaults ?? {},
      vars: variables(frame?.vars),
      images: [],
    },
    problems,
  }
}

function extendsOf(written: ExtendsSettings | undefined): Pick<ManifestContent, 'extends'> {
  if (written === undefined || written.length === 0) return {}
  return { extends: typeof written === 'string' ? [written] : written }
}

function validateSingleForm(value: Record<string, unknown>, locate: Locate): Validation {
  const problems: Problem[] = []
  if (Object.hasOwn(value, 'defaults')) {
    problems.push({
      message: 'A manifest with `defaults:` needs `images:`.',
      place: locate(['defaults'], 'key'),
      hint: 'A manifest with one image at the top has no other images that defaults could apply to. Set the fields on the image itself, list images under `images:`, or remove the image to make it a style, which other manifests extend.',
    })
    return { content: emptyContent('single'), problems }
  }
  const single = check(singleFormSchema, value, [], locate, problems)
  exclusive(value, [], locate, problems)
  const { extends: extended, vars, ...settings } = single ?? {}
  return {
    content: {
      form: 'single',
      ...extendsOf(extended),
      defaults: {},
      vars: variables(vars),
      images: [{ name: '', settings }],
    },
    problems,
  }
}

/**
 * Checks the `defaults` of the options in the same way as those of a manifest.
 *
 * @throws ImagegenError with code `config`.
 */
export function parseDefaults(value: unknown): ImageSettings {
  const problems: Problem[] = []
  const nowhere: Locate = (path) => ({
    file: `defaults.${path.join('.')}`,
    line: 1,
    column: 1,
    frame: '',
  })
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

function variables(vars: VarsSettings | undefined): ManifestContent['vars'] {
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
  const { overrides } = settings
  if (!Array.isArray(overrides)) return
  for (const [index, override] of overrides.entries()) {
    if (isRecord(override)) exclusive(override, [...path, 'overrides', index], locate, problems)
  }
}

function promptBesideImages(locate: Locate): Problem {
  return {
    message: 'A manifest has either `prompt:` at the top, or `images:`.',
    place: locate(['prompt'], 'key'),
    hint: 'Give the image a name below `images:` and move `prompt:` there, or put settings that all images share into `defaults:` or `vars:`.',
  }
}

/** Explains text in place of fields: `kira: A cat`, or `prompt A cat` below `kira:`. */
function textForFields(name: string, text: string, place: Place): Problem {
  const right = FIELDS.includes(text.split(/[\s:]/, 1)[0] ?? '')
    ? withColon(text, FIELDS)
    : undefined
  return {
    message: `\`${visible(name)}\`: expected a map of fields, such as \`prompt:\`, got text.`,
    place,
    hint:
      right === undefined
        ? `Write \`prompt:\` before it: \`${visible(name)}: { prompt: ${visible(JSON.stringify(text.slice(0, 60)))} }\`.`
        : `A colon is missing: \`${visible(right.slice(0, 80))}\`, with a space after it.`,
  }
}

function badName(name: string, place: Place): Problem {
  const plain = name.replaceAll(/\$\{[^}]*\}/g, 'x')
  return {
    message: `\`${visible(name)}\` cannot name an image.`,
    place,
    hint:
      isImageName(plain) || !plain.includes('x')
        ? 'A name consists of letters, digits, `-`, `_` and `.`, starts with a letter, digit or `_`, and is not `default` or `__proto__`.'
        : 'Apart from its `${variables}`, a name may contain only letters, digits, `-`, `_` and `.`.',
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
  for (const issue of result.issues.slice(0, MAX_PROBLEMS)) {
    problems.push(explainIssue(issue, schema, base, locate))
  }
  return undefined
}
