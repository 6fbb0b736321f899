import path from 'node:path'
import * as v from 'valibot'
import type { Reference } from '../manifest/entry.ts'
import { urlFault } from '../manifest/resolve/references.ts'
import { jsonSchema } from '../manifest/schema/schema.ts'
import type { Job } from '../plan/plan.ts'
import { pickedOf, wantedForPick } from '../plan/picked.ts'
import { type Recipe, recipeKey } from '../plan/recipe.ts'
import { toPosix } from '../shared/files.ts'
import { plainText } from '../shared/plain-text.ts'
import { isShallow } from '../shared/record.ts'
import type { Store } from '../store/store.ts'

/**
 * What to request under one key, as plain JSON and independent of the project: any process that has the model and the
 * store can do it.
 */
export interface Order {
  readonly key: string
  readonly recipe: Recipe
  /** The first entry that needs it, for messages. */
  readonly id: string
  /** That entry's name, for files and receipts. */
  readonly name: string
  /** The recipe's references, in their order. */
  readonly references: readonly OrderReference[]
  /** How many candidates there shall be in the end. */
  readonly wanted: number
  /** Whether new pictures shall take the place of paid ones; `null`: no. */
  readonly renew: Renewal | null
}

export interface OrderReference {
  /** As receipts call it. */
  readonly name: string
  /** Of another entry's picture that shall be sent; `null`: the one that the store picks, or no entry's. */
  readonly sha256: string | null
}

/** New pictures for those whose bytes are lost, or for some that are there, by their SHA-256: done twice, it is once. */
type Renewal =
  | { readonly kind: 'lost' }
  | { readonly kind: 'outdated'; readonly replaced: readonly string[] }

/** What is to be asked for, for a job of a plan that was made from this store. */
export async function orderOf(job: Job, store: Store): Promise<Order> {
  const { entry, made, wanted } = job
  const folder = path.dirname(entry.manifest.file)
  return {
    key: made.key,
    recipe: made.recipe,
    id: entry.id,
    name: entry.name,
    references: made.subject.references.map((written) => ({
      name: nameOf(written, folder),
      sha256: null,
    })),
    wanted,
    renew: await renewalOf(job, store),
  }
}

/**
 * The same order with the pictures of other entries by name: a store elsewhere may know more candidates, or fewer, and
 * would pick another.
 */
export async function withPickedPictures(order: Order, store: Store): Promise<Order> {
  const wanted = order.recipe.references ?? []
  const picked = wanted.flatMap((reference) =>
    'key' in reference ? [wantedForPick(reference.key, reference.pick)] : [],
  )
  if (picked.length === 0) return order
  const snapshot = await store.read(picked)
  return {
    ...order,
    references: order.references.map((reference, position) => {
      const made = wanted[position]
      if (made === undefined || !('key' in made)) return reference
      const candidate = pickedOf(snapshot.lookup(made.key).candidates, made.pick)
      return { ...reference, sha256: candidate?.receipt.sha256 ?? null }
    }),
  }
}

async function renewalOf({ made: { key }, renew }: Job, store: Store): Promise<Renewal | null> {
  if (renew?.kind !== 'outdated') return renew ?? null
  const { candidates } = await store.readKey({ key, candidates: 1 })
  const replaced = renew.picks.flatMap((pick) => pickedOf(candidates, pick)?.receipt.sha256 ?? [])
  return { kind: 'outdated', replaced }
}

/** The most candidates that a manifest can ask for. */
const MOST_CANDIDATES = 100

/** Levels of JSON: a recipe has a few. */
const DEEPEST = 100

/** The most references that a manifest can hold. */
const MOST_REFERENCES = 16

const integerSchema = v.pipe(v.number(), v.safeInteger())
const countSchema = v.pipe(integerSchema, v.minValue(1), v.maxValue(MOST_CANDIDATES))
const digestSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const pickSchema = v.union([countSchema, v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/))])
const filledSchema = v.pipe(v.string(), v.nonEmpty())

const referenceTypeEntries = { type: v.exactOptional(v.string()) }

/** One schema per field of a recipe: a missing or an extra schema is a type error. */
const recipeEntries = {
  provider: filledSchema,
  modelId: filledSchema,
  prompt: filledSchema,
  aspectRatio: v.exactOptional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}:[1-9]\d{0,3}$/))),
  size: v.exactOptional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/))),
  seed: v.exactOptional(integerSchema),
  references: v.exactOptional(
    v.pipe(
      v.array(
        v.union([
          v.strictObject({ sha256: digestSchema, ...referenceTypeEntries }),
          v.strictObject({ key: digestSchema, pick: pickSchema, ...referenceTypeEntries }),
          v.strictObject({
            url: v.pipe(
              v.string(),
              v.check((url) => urlFault(url) === undefined),
            ),
            ...referenceTypeEntries,
          }),
        ]),
      ),
      v.maxLength(MOST_REFERENCES),
    ),
  ),
  providerOptions: v.exactOptional(v.record(v.string(), jsonSchema)),
  revision: v.exactOptional(integerSchema),
} satisfies {
  readonly [Part in keyof Recipe]-?:
    | v.GenericSchema
    | v.ExactOptionalSchema<v.GenericSchema, undefined>
}

/** Strict, because an unknown field would be part of the key but not of the request. */
const recipeSchema: v.GenericSchema<unknown, Recipe> = v.strictObject(recipeEntries)

/** For messages, files and receipts: anyone who can write to the queue may have put it there. */
const nameSchema = v.pipe(
  v.string(),
  v.transform((text) => plainText(text, 2048)),
)

const orderSchema = v.object({
  key: digestSchema,
  recipe: recipeSchema,
  id: nameSchema,
  name: nameSchema,
  references: v.pipe(
    v.array(v.object({ name: v.string(), sha256: v.nullable(digestSchema) })),
    v.maxLength(MOST_REFERENCES),
  ),
  wanted: countSchema,
  renew: v.nullable(
    v.variant('kind', [
      v.object({ kind: v.literal('lost') }),
      v.object({ kind: v.literal('outdated'), replaced: v.array(digestSchema) }),
    ]),
  ),
})

/**
 * Reads an order that came from elsewhere. Its key must be its recipe's: a picture under another's key would be taken
 * for that one's ever after.
 *
 * @returns the order, or what is wrong with it.
 */
export function parseOrder(value: unknown): Order | { readonly fault: string } {
  if (!isShallow(value, DEEPEST)) return { fault: `it is nested deeper than ${DEEPEST} levels` }
  const result = v.safeParse(orderSchema, value)
  if (!result.success) {
    const field = plainText(v.getDotPath(result.issues[0]) ?? 'form', 80)
    return { fault: `its ${field} is not what this version knows` }
  }
  const { key, recipe } = result.output
  return recipeKey(recipe) === key
    ? result.output
    : { fault: 'its key is not the one that this version computes from its recipe' }
}

/** How the receipt calls a reference: never by an absolute path, it is committed. */
function nameOf(written: Reference, folder: string): string {
  switch (written.kind) {
    case 'file':
      return toPosix(path.relative(folder, written.file))
    case 'entry':
      return written.id
    case 'url':
      return written.url
    default:
      return written satisfies never
  }
}
