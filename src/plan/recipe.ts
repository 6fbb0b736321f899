import type {
  CandidatePick,
  FileDigest,
  GeneratedSubject,
  ImageEntry,
  Reference,
} from '../manifest/entry.ts'
import type { ImageModelLimits, PixelSize, ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { digest, type JsonValue } from '../shared/hash.ts'
import { refusals } from './refusals.ts'
import { pixelsOf, sentShape } from './sent-shape.ts'

/** The key format's version. It is part of every key, so changing it makes every image missing. */
export const KEY_VERSION = 1

/** Exactly the part of an entry that decides the generated pixels, as plain JSON. Receipts contain it. */
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

/** A reference in a recipe: a file by its SHA-256, another entry by its key and pick, a URL by its text. */
export type RecipeReference = (
  | { readonly sha256: string }
  | { readonly key: string; readonly pick: CandidatePick }
  | { readonly url: string }
) & { readonly type?: string }

/** A reference to another entry, once that entry's key is known. */
export type EntryReference =
  | {
      readonly kind: 'generated'
      readonly key: string
      /** The candidate's number, or the first 8 digits of its SHA-256. */
      readonly pick: CandidatePick
      /** Other keys that receipts of the same recipe may have; see `otherRecipes`. */
      readonly otherKeys: readonly string[]
    }
  | ({ readonly kind: 'source' } & FileDigest)

/** The limits of a model whose defaults are part of keys: its own, whatever the options declare for it. */
export function limitsInKeys({
  limits,
  ownLimits,
}: Pick<ResolvedModel, 'limits' | 'ownLimits'>): ImageModelLimits {
  return ownLimits ?? limits
}

/** The input of a recipe. */
interface Ingredients {
  readonly subject: GeneratedSubject
  readonly model: ResolvedModel
  /** The options after the model's check. */
  readonly providerOptions: Readonly<Record<string, JsonValue>>
  /** The resolved entry references, in the order of the references. */
  readonly entryReferences: readonly EntryReference[]
}

/** Fields of an entry that are not in the recipe; `model` is represented by `provider` and `modelId`. */
type BesideTheRecipe = 'kind' | 'model' | 'candidates'

/** Every field of a recipe, and every field of an entry that belongs in one. A missing field is a type error. */
type RecipeFields = {
  readonly [Part in keyof Recipe | Exclude<keyof GeneratedSubject, BesideTheRecipe>]-?: {
    /** The user-facing name. */
    readonly label: string
    /** Computes the value; undefined leaves the field out of the recipe. */
    readonly value: (ingredients: Ingredients) => Recipe[Part] | undefined
  }
}

/** The fields of a recipe, in the order in which reasons such as `prompt changed` list them. */
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

/** The names of a recipe's fields, in the order of `FIELDS`. */
export const RECIPE_PARTS: ReadonlyArray<keyof Recipe> = Object.keys(FIELDS) as Array<keyof Recipe>

/** Sorted, because canonical JSON sorts members and serialises sorted objects faster. */
const CANONICAL_PARTS = RECIPE_PARTS.toSorted()

/** The user-facing name of a recipe's field. */
export function labelOf(part: keyof Recipe): string {
  return FIELDS[part].label
}

/** The key of a recipe: the SHA-256 of the canonical JSON of version and recipe. */
export function recipeKey(recipe: Recipe): string {
  return digest([KEY_VERSION, recipe])
}

/**
 * Builds the recipe of an entry with the model's defaults, and lists what the model would refuse if it were asked.
 * An entry with invalid options has no recipe.
 *
 * @param checked the entry's `providerOptions`, as the model's check returned them.
 * @param entryReferences the resolved entry references, in the order of the entry's references.
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

/** The model's default type of a reference. */
function defaultReferenceType(model: ResolvedModel): string | undefined {
  const { references } = limitsInKeys(model)
  return references === undefined || references === false ? undefined : references.types?.[0]
}

/** The most spellings of a recipe that are looked up. */
const MOST_SPELLINGS = 64

/**
 * Returns the same recipe with references as earlier versions, or checkouts with other line endings, hashed them.
 * Originals under those keys are paid for and are not requested again. Most recipes have no other spelling.
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

/** Combines the spellings of all references. The first combination is the recipe's own. */
function everyCombination(
  spellings: ReadonlyArray<readonly RecipeReference[]>,
): ReadonlyArray<readonly RecipeReference[]> {
  return spellings.reduce<ReadonlyArray<readonly RecipeReference[]>>(
    (lists, each) => lists.flatMap((list) => each.map((one) => [...list, one])),
    [[]],
  )
}

/** For many references: only combinations in which all references have the same kind of spelling. */
function alikeOnly(
  spellings: ReadonlyArray<readonly RecipeReference[]>,
): ReadonlyArray<readonly RecipeReference[]> {
  const most = Math.min(MOST_SPELLINGS, Math.max(...spellings.map(({ length }) => length)))
  return Array.from({ length: most }, (_, index) =>
    spellings.flatMap((each) => each[Math.min(index, each.length - 1)] ?? []),
  )
}

/** The size in pixels of a recipe's images, if the recipe or the model's limits define it. */
export function expectedSize(
  recipe: Recipe,
  model: Pick<ResolvedModel, 'limits'>,
): PixelSize | undefined {
  const { size, aspectRatio } = sentShape(recipe, model.limits)
  if (size !== undefined) return pixelsOf(size)
  return aspectRatio === undefined ? undefined : model.limits.aspectRatios?.[aspectRatio]
}
