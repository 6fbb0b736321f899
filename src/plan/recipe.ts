import type { FileDigest, GeneratedSubject, ImageEntry, Reference } from '../manifest/entry.ts'
import type { ImageModelLimits, PixelSize, ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { digest, type JsonValue } from '../shared/hash.ts'
import { refusals } from './refusals.ts'
import { pixelsOf, sentShape } from './sent-shape.ts'

/** Enters every key: a new number makes every image missing, so it changes only with the recipe's meaning. */
export const KEY_VERSION = 1

/** The part of an entry that decides the provider's pixels, and nothing else. Plain JSON: receipts carry it. */
export interface Recipe {
  readonly provider: string
  readonly modelId: string
  readonly prompt: string
  readonly aspectRatio?: string
  readonly size?: string
  readonly seed?: number
  readonly references?: readonly RecipeReference[]
  readonly providerOptions?: Readonly<Record<string, JsonValue>>
  readonly revision?: number
}

/** A reference as it enters a key: bytes by their SHA-256, another entry by its key and pick, a URL by its text. */
export type RecipeReference = (
  | { readonly sha256: string }
  | { readonly key: string; readonly pick: number }
  | { readonly url: string }
) & { readonly type?: string }

/** What a reference to another entry stands for, once that entry's own key is known. */
export type EntryReference =
  | {
      readonly kind: 'generated'
      readonly key: string
      readonly pick: number
      /** Other keys that receipts of the same recipe may have; see `otherRecipes`. */
      readonly otherKeys: readonly string[]
    }
  | ({ readonly kind: 'source' } & FileDigest)

/** The limits of a model that fill in what enters keys: its own, whatever was declared for it. */
export function limitsInKeys({
  limits,
  ownLimits,
}: Pick<ResolvedModel, 'limits' | 'ownLimits'>): ImageModelLimits {
  return ownLimits ?? limits
}

/** What a recipe is made of. */
interface Ingredients {
  readonly subject: GeneratedSubject
  readonly model: ResolvedModel
  /** As the model takes them. */
  readonly providerOptions: Readonly<Record<string, JsonValue>>
  /** What the entries that it refers to stand for, in the order of its references. */
  readonly entryReferences: readonly EntryReference[]
}

/** Fields of an entry that do not decide the provider's pixels; `model` does so through provider and modelId. */
type BesideTheRecipe = 'kind' | 'model' | 'candidates'

/** Every field of a recipe, and every field of an entry that belongs in one: leaving one out is a type error. */
type RecipeFields = {
  readonly [Part in keyof Recipe | Exclude<keyof GeneratedSubject, BesideTheRecipe>]-?: {
    /** How people know it. */
    readonly label: string
    /** Nothing: the recipe does not mention it. */
    readonly value: (ingredients: Ingredients) => Recipe[Part] | undefined
  }
}

/** In the order in which a changed recipe names what changed. */
const FIELDS: RecipeFields = {
  prompt: { label: 'prompt', value: ({ subject }) => subject.prompt },
  references: {
    label: 'reference',
    value({ subject: { references }, model, entryReferences }) {
      const targets = entryReferences.values()
      return references.length === 0
        ? undefined
        : references.map((each) => recipeReference(each, model, () => targets.next().value))
    },
  },
  revision: { label: 'revision', value: ({ subject }) => subject.revision },
  seed: { label: 'seed', value: ({ subject }) => subject.seed },
  aspectRatio: {
    label: 'size',
    value: ({ subject: { aspectRatio, size }, model }) =>
      aspectRatio ?? (size === undefined ? limitsInKeys(model).defaultAspectRatio : undefined),
  },
  size: { label: 'size', value: ({ subject }) => subject.size },
  providerOptions: {
    label: 'provider options',
    value: ({ providerOptions }) =>
      Object.keys(providerOptions).length === 0 ? undefined : providerOptions,
  },
  provider: { label: 'model', value: ({ model }) => model.provider },
  modelId: { label: 'model', value: ({ model }) => model.modelId },
}

/** The fields of a recipe, in the order in which a changed recipe names what changed. */
export const RECIPE_PARTS: ReadonlyArray<keyof Recipe> = Object.keys(FIELDS) as Array<keyof Recipe>

/** Canonical JSON sorts its members: an object that has them in that order is written faster. */
const CANONICAL_PARTS = RECIPE_PARTS.toSorted()

/** How people know a field of a recipe. */
export function labelOf(part: keyof Recipe): string {
  return FIELDS[part].label
}

/** `sha256` of the canonical JSON of version and recipe. */
export function recipeKey(recipe: Recipe): string {
  return digest([KEY_VERSION, recipe])
}

/**
 * The recipe of an entry, the model's defaults filled in, and what the model would refuse of it: that matters where
 * something is asked for. Options that make no sense have no recipe.
 *
 * @param checked its `providerOptions`, as the model takes them.
 * @param entryReferences what the entries that it refers to stand for, in the order of its references.
 */
export function recipeOf(
  entry: ImageEntry,
  subject: GeneratedSubject,
  model: ResolvedModel,
  checked: ProviderOptionsCheck,
  entryReferences: readonly EntryReference[],
):
  | { readonly recipe: Recipe; readonly refused: readonly Problem[] }
  | { readonly problems: readonly Problem[] } {
  const refused = refusals(entry, subject, model, checked)
  if ('issues' in checked) return { problems: refused }
  const ingredients = { subject, model, providerOptions: checked.options, entryReferences }
  const recipe: Partial<Record<keyof Recipe, unknown>> = {}
  for (const part of CANONICAL_PARTS) {
    const value = FIELDS[part].value(ingredients)
    if (value !== undefined) recipe[part] = value
  }
  return { recipe: recipe as unknown as Recipe, refused }
}

function recipeReference(
  reference: Reference,
  model: ResolvedModel,
  nextTarget: () => EntryReference | undefined,
): RecipeReference {
  const type = reference.type ?? defaultReferenceType(model)
  const typed = type === undefined ? {} : { type }
  switch (reference.kind) {
    case 'file':
      return { sha256: reference.sha256, ...typed }
    case 'url':
      return { ...typed, url: reference.url }
    case 'entry': {
      const target = nextTarget()
      if (target === undefined) throw new Error(`${reference.id} was not planned before`)
      return target.kind === 'source'
        ? { sha256: target.sha256, ...typed }
        : { key: target.key, pick: target.pick, ...typed }
    }
    default:
      return reference satisfies never
  }
}

/** The type that a reference without one has. */
function defaultReferenceType(model: ResolvedModel): string | undefined {
  const { references } = limitsInKeys(model)
  return references === undefined || references === false ? undefined : references.types?.[0]
}

/** More spellings of a recipe than these are not looked for. */
const MOST_SPELLINGS = 64

/**
 * The same recipe with its references as earlier versions, and checkouts with other line endings, have hashed them: what
 * is paid for under one of those keys is not asked for again. Nearly every recipe has none.
 *
 * @param entryReferences as in `recipeOf`.
 */
export function otherRecipes(
  recipe: Recipe,
  { references }: GeneratedSubject,
  entryReferences: readonly EntryReference[],
): readonly Recipe[] {
  const targets = entryReferences.values()
  const spellings = (recipe.references ?? []).map((written, index): readonly RecipeReference[] => {
    const reference = references[index]
    const target = reference?.kind === 'entry' ? targets.next().value : undefined
    return [written, ...otherSpellings(written, reference, target)]
  })
  if (spellings.every((each) => each.length === 1)) return []
  const total = spellings.reduce((product, each) => product * each.length, 1)
  const lists = total <= MOST_SPELLINGS ? everyCombination(spellings) : alikeOnly(spellings)
  return lists.slice(1).map((list) => ({ ...recipe, references: list }))
}

function otherSpellings(
  written: RecipeReference,
  reference: Reference | undefined,
  target: EntryReference | undefined,
): readonly RecipeReference[] {
  const { type } = written
  const typed = type === undefined ? {} : { type }
  if (target?.kind === 'generated') {
    return target.otherKeys.map((key) => ({ key, pick: target.pick, ...typed }))
  }
  const digest = reference?.kind === 'file' ? reference : target
  return (digest?.otherSha256s ?? []).map((sha256) => ({ sha256, ...typed }))
}

/** The first is the recipe's own. */
function everyCombination(
  spellings: ReadonlyArray<readonly RecipeReference[]>,
): ReadonlyArray<readonly RecipeReference[]> {
  return spellings.reduce<ReadonlyArray<readonly RecipeReference[]>>(
    (lists, each) => lists.flatMap((list) => each.map((one) => [...list, one])),
    [[]],
  )
}

/** With many references: all of them changed by the same checkout. */
function alikeOnly(
  spellings: ReadonlyArray<readonly RecipeReference[]>,
): ReadonlyArray<readonly RecipeReference[]> {
  const most = Math.min(MOST_SPELLINGS, Math.max(...spellings.map(({ length }) => length)))
  return Array.from({ length: most }, (_, index) =>
    spellings.flatMap((each) => each[Math.min(index, each.length - 1)] ?? []),
  )
}

/** The pixels that a recipe comes out with, where the recipe and the model's limits say so. */
export function expectedSize(
  recipe: Recipe,
  model: Pick<ResolvedModel, 'limits'>,
): PixelSize | undefined {
  const { size, aspectRatio } = sentShape(recipe, model.limits)
  if (size !== undefined) return pixelsOf(size)
  return aspectRatio === undefined ? undefined : model.limits.aspectRatios?.[aspectRatio]
}
