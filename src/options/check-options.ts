import * as v from 'valibot'
import type { ImageModel } from '../model/image-model.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import { nearest } from '../shared/suggest.ts'
import type { Options, RemoteSource } from './options.ts'

const REMOTE_EXPECTED =
  "expected an unstorage driver or storage, such as `fsDriver({ base: '/shared' })` from 'unstorage/drivers/fs', or a function that opens one"

const CONNECTION_EXPECTED =
  "expected the address of Redis or Valkey, such as 'redis://localhost:6379', or ioredis' own options"

function isConnection(value: unknown): boolean {
  if (typeof value !== 'string') return isRecord(value)
  return URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol)
}

/** The longest timer that Node supports. */
const MOST_TIMEOUT = 2 ** 31 - 1

function isRemoteSource(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  return ['hasItem', 'getItem'].every((name) => typeof Reflect.get(value, name) === 'function')
}

const globs = v.union([v.string(), v.array(v.string())])

/** Requires a schema for every option, and an option for every schema: either alone is a type error. */
type EntriesOf<Shape> = {
  readonly [Name in keyof Shape]-?: undefined extends Shape[Name]
    ? v.OptionalSchema<v.GenericSchema<unknown, NonNullable<Shape[Name]>>, undefined>
    : v.GenericSchema<unknown, Shape[Name]>
}

const optionsSchema = v.strictObject({
  include: v.optional(globs),
  exclude: v.optional(globs),
  allow: v.optional(globs),
  // The layers that use models and defaults check them.
  models: v.optional(
    v.record(
      v.string(),
      v.custom<ImageModel>(() => true),
    ),
  ),
  defaults: v.optional(v.record(v.string(), v.unknown())),
  vars: v.optional(v.record(v.string(), v.union([v.string(), v.number()]))),
  mode: v.optional(v.picklist(['generate', 'frozen', 'placeholder'])),
  budget: v.optional(
    v.strictObject({
      images: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
      usd: v.optional(v.pipe(v.number(), v.minValue(0))),
    } satisfies EntriesOf<NonNullable<Options['budget']>>),
  ),
  dev: v.optional(
    v.strictObject({
      generate: v.optional(v.picklist(['auto', 'off'])),
    } satisfies EntriesOf<NonNullable<Options['dev']>>),
  ),
  studio: v.optional(v.boolean()),
  store: v.optional(
    v.strictObject({
      dir: v.optional(v.pipe(v.string(), v.minLength(1))),
      outside: v.optional(v.boolean()),
      remote: v.optional(v.custom<RemoteSource>(isRemoteSource, REMOTE_EXPECTED)),
      timeout: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_TIMEOUT))),
      renditions: v.optional(v.boolean()),
    } satisfies EntriesOf<NonNullable<Options['store']>>),
  ),
  queue: v.optional(
    v.strictObject({
      connection: v.custom<string | Record<string, unknown>>(isConnection, CONNECTION_EXPECTED),
      name: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/))),
      stalledAfter: v.optional(
        v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(MOST_TIMEOUT)),
      ),
      patience: v.optional(
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_TIMEOUT)),
      ),
    } satisfies EntriesOf<NonNullable<Options['queue']>>),
  ),
  cacheDir: v.optional(v.pipe(v.string(), v.minLength(1))),
  provenance: v.optional(v.boolean()),
  types: v.optional(v.boolean()),
} satisfies EntriesOf<Options>)

/**
 * Checks the options that a user wrote.
 *
 * @param source where they are, for messages.
 * @throws ImagegenError with code `config`, with all problems at once.
 */
export function checkOptions(options: unknown, source: string): Options {
  const result = v.safeParse(optionsSchema, options)
  if (result.success) return result.output
  throw new ImagegenError(
    'config',
    result.issues.map((issue) => optionProblem(issue, source)),
  )
}

/**
 * Refuses options that only code may set. A JSON file is data and must not refer to anything outside its project.
 *
 * @throws ImagegenError with code `config`.
 */
export function refuseInData({ store }: Options, source: string): void {
  if (store?.outside !== true) return
  throw new ImagegenError('config', {
    message: `${source}: \`store.outside\` can be set in code only, not in a JSON file.`,
    hint: 'Rename the file to imagegen.config.mjs and export the options from it: `export default { … }`.',
  })
}

function optionProblem(issue: v.BaseIssue<unknown>, source: string): Problem {
  const path = v.getDotPath(issue) ?? ''
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const suggestion = nearest(path, Object.keys(optionsSchema.entries))
    return {
      message: `${source}: unknown option \`${path}\`.`,
      hint:
        suggestion === undefined
          ? `Known: ${Object.keys(optionsSchema.entries).join(', ')}.`
          : `Did you mean \`${suggestion}\`?`,
    }
  }
  // The value is not shown: it may contain a password.
  if (issue.type === 'custom') return { message: `${source}: \`${path}\`: ${issue.message}.` }
  const hint = hintFor(path, issue.input)
  return {
    message: `${source}: ${path === '' ? 'the options' : `\`${path}\``}: expected ${issue.expected ?? issue.type}, got ${issue.received}.`,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** The likely correction for a value that is not an object. */
function hintFor(path: string, input: unknown): string | undefined {
  if (path === 'budget' && typeof input === 'number' && Number.isFinite(input)) {
    return `Write \`budget: { images: ${input} }\`, or \`{ usd: ${input} }\` for dollars.`
  }
  if (path === 'store' && typeof input === 'string') {
    return 'Write `store: { dir: … }`.'
  }
  if (path === 'dev' && typeof input === 'boolean') {
    return `Write \`dev: { generate: '${input ? 'auto' : 'off'}' }\`.`
  }
  return undefined
}
