import * as v from 'valibot'
import type { ImageModel } from '../model/image-model.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import { nearest } from '../shared/suggest.ts'
import type { RemoteSource } from '../store/remote/storage.ts'

export type { RemoteSource, RemoteStorage } from '../store/remote/storage.ts'

/** How a build treats what is missing. */
export type Mode = 'generate' | 'frozen' | 'placeholder'

/** What a user may say, in the bundler's config or in `imagegen.config.*`. */
export interface Options {
  /**
   * Manifests, as globs from the root.
   * @default ['**\/*.image.{yaml,yml}']
   */
  readonly include?: string | readonly string[]
  /**
   * Globs that `include` must not find.
   * @default ['**\/node_modules/**', '**\/dist/**', '**\/.*\/**']
   */
  readonly exclude?: string | readonly string[]
  /**
   * Folders in which files that manifests name may lie, from the root.
   * @default the root of the workspace
   */
  readonly allow?: string | readonly string[]
  /**
   * Image models by name: `minimax('image-01')`, or any image model of the AI SDK.
   * @default image-01 and image-01-live, through MiniMax
   */
  readonly models?: Readonly<Record<string, ImageModel>>
  /** Fields that hold for the images of all manifests; nearer ones win. */
  readonly defaults?: Readonly<Record<string, unknown>>
  /** Values for `${name}` in all manifests; theirs win. */
  readonly vars?: Readonly<Record<string, string | number>>
  /**
   * `generate` makes what is missing, `frozen` never asks a provider and fails with the list, `placeholder` draws
   * stand-ins. The environment variable IMAGEGEN_MODE wins.
   * @default 'placeholder' under Vitest and in Vite's mode `test`, else 'frozen' for builds where CI is set, else 'generate'
   */
  readonly mode?: Mode
  /**
   * The most that one build, or one dev server's life, may ask for.
   * @default { images: 20 }
   */
  readonly budget?: {
    /** Images; every attempt that may have been billed counts. */
    readonly images?: number
    /** US dollars. */
    readonly usd?: number
  }
  readonly dev?: {
    /**
     * `auto` generates in dev what has been still for two seconds, `off` shows placeholders.
     * @default 'auto'
     */
    readonly generate?: 'auto' | 'off'
  }
  readonly store?: {
    /**
     * The folder of the originals and their receipts, from the root.
     * @default '.imagegen'
     */
    readonly dir?: string
    /**
     * Where other machines find the same originals and receipts: a driver or storage of unstorage, or a function that
     * opens one. It is closed when the work is done; what a function opens is opened anew after that.
     * @default none
     */
    readonly remote?: RemoteSource
    /**
     * Milliseconds that one operation of the remote may take.
     * @default 30_000
     */
    readonly timeout?: number
    /**
     * Whether finished renditions are shared through the remote, too. Whoever can write there decides what is shown:
     * unlike originals, renditions are held against no receipt.
     * @default false
     */
    readonly renditions?: boolean
  }
  /**
   * Has missing pictures made by workers (`imagegen worker`), which take them from a queue on Redis or Valkey. It needs
   * the packages `bullmq` and `ioredis`.
   * @default none: every process asks by itself
   */
  readonly queue?: {
    /** `redis://…`, `rediss://…`, or ioredis' own options. */
    readonly connection: string | Readonly<Record<string, unknown>>
    /**
     * Tells the queues on one server apart. What shares an account shares a queue: its rate limit is counted there.
     * @default 'imagegen'
     */
    readonly name?: string
    /**
     * Milliseconds without a sign of life after which a worker is taken for dead, and its jobs are given to others.
     * @default 30_000
     */
    readonly stalledAfter?: number
    /**
     * Milliseconds that the server may be away before a run that waits for it gives up. Workers never do.
     * @default 60_000
     */
    readonly patience?: number
  }
  /**
   * The folder of renditions and parsed manifests, from the root. It can be deleted at any time.
   * @default 'node_modules/.cache/unplugin-imagegen'
   */
  readonly cacheDir?: string
  /**
   * Whether renditions of generated images say so (IPTC digital source type, model) in their metadata.
   * @default true
   */
  readonly provenance?: boolean
  /**
   * Whether builds and dev servers keep exact types of all manifests in the store's folder `types`. `imagegen types`
   * writes them whatever this says.
   * @default true where TypeScript is installed
   */
  readonly types?: boolean
}

/** Gives the options their type in `imagegen.config.*`. */
export function defineConfig(options: Options): Options {
  return options
}

const REMOTE_EXPECTED =
  "expected a driver or storage of unstorage, such as `fsDriver({ base: '/shared' })` from 'unstorage/drivers/fs', or a function that opens one"

const CONNECTION_EXPECTED =
  "expected where Redis or Valkey is, such as 'redis://localhost:6379', or ioredis' own options"

function isConnection(value: unknown): boolean {
  if (typeof value !== 'string') return isRecord(value)
  return URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol)
}

/** What a timer can hold. */
const MOST_TIMEOUT = 2 ** 31 - 1

function isRemoteSource(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  return ['hasItem', 'getItem'].every((name) => typeof Reflect.get(value, name) === 'function')
}

const globs = v.union([v.string(), v.array(v.string())])

const optionsSchema = v.strictObject({
  include: v.optional(globs),
  exclude: v.optional(globs),
  allow: v.optional(globs),
  // Models and defaults are judged by the layers that know them.
  models: v.optional(v.record(v.string(), v.unknown())),
  defaults: v.optional(v.record(v.string(), v.unknown())),
  vars: v.optional(v.record(v.string(), v.union([v.string(), v.number()]))),
  mode: v.optional(v.picklist(['generate', 'frozen', 'placeholder'])),
  budget: v.optional(
    v.strictObject({
      images: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
      usd: v.optional(v.pipe(v.number(), v.minValue(0))),
    }),
  ),
  dev: v.optional(v.strictObject({ generate: v.optional(v.picklist(['auto', 'off'])) })),
  store: v.optional(
    v.strictObject({
      dir: v.optional(v.pipe(v.string(), v.minLength(1))),
      remote: v.optional(v.custom<RemoteSource>(isRemoteSource, REMOTE_EXPECTED)),
      timeout: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_TIMEOUT))),
      renditions: v.optional(v.boolean()),
    }),
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
    }),
  ),
  cacheDir: v.optional(v.pipe(v.string(), v.minLength(1))),
  provenance: v.optional(v.boolean()),
  types: v.optional(v.boolean()),
})

/**
 * Checks what somebody wrote as options.
 *
 * @param source where they stand, for the message.
 * @throws ImagegenError with code `config`, all that is wrong at once.
 */
export function checkOptions(options: unknown, source: string): Options {
  const result = v.safeParse(optionsSchema, options)
  if (result.success) return result.output as Options
  throw new ImagegenError(
    'config',
    result.issues.map((issue) => optionProblem(issue, source)),
  )
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
  // Not what is there instead: it may hold a password.
  if (issue.type === 'custom') return { message: `${source}: \`${path}\`: ${issue.message}.` }
  return {
    message: `${source}: ${path === '' ? 'the options' : `\`${path}\``}: expected ${issue.expected ?? issue.type}, got ${issue.received}.`,
  }
}
