import type { GeneratedSubject, ImageEntry, Reference } from '../manifest/entry.ts'
import type { PixelSize, ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { digest, type JsonValue } from '../shared/hash.ts'
import { refusals } from './refusals.ts'

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
  | { readonly kind: 'generated'; readonly key: string; readonly pick: number }
  | { readonly kind: 'source'; readonly sha256: string }

/** `sha256` of the canonical JSON of version and recipe. */
export function recipeKey(recipe: Recipe): string {
  return digest([KEY_VERSION, recipe])
}

/**
 * The recipe of an entry, the model's defaults filled in, or what the model would refuse of it.
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
): { readonly recipe: Recipe } | { readonly problems: readonly Problem[] } {
  const { limits } = model
  const problems = refusals(entry, subject, model, checked)
  if (problems.length > 0 || 'issues' in checked) return { problems }
  const aspectRatio =
    subject.aspectRatio ?? (subject.size === undefined ? limits.defaultAspectRatio : undefined)
  const { options } = checked
  // In the order of canonical JSON, which so is quickly written.
  const named = { modelId: model.modelId, prompt: subject.prompt, provider: model.provider }
  const recipe: { -readonly [Part in keyof Recipe]: Recipe[Part] } =
    aspectRatio === undefined ? named : { aspectRatio, ...named }
  if (Object.keys(options).length > 0) recipe.providerOptions = options
  if (subject.references.length > 0) {
    const targets = entryReferences.values()
    recipe.references = subject.references.map((reference) =>
      recipeReference(reference, model, () => targets.next().value),
    )
  }
  if (subject.revision !== undefined) recipe.revision = subject.revision
  if (subject.seed !== undefined) recipe.seed = subject.seed
  if (subject.size !== undefined) recipe.size = subject.size
  return { recipe }
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
  return model.limits.references === undefined || model.limits.references === false
    ? undefined
    : model.limits.references.types[0]
}

/** The pixels that a recipe comes out with, where the recipe and the model's limits say so. */
export function expectedSize(recipe: Recipe, model: ResolvedModel): PixelSize | undefined {
  if (recipe.size !== undefined) {
    const [width = 0, height = 0] = recipe.size.split('x').map(Number)
    return { width, height }
  }
  return recipe.aspectRatio === undefined
    ? undefined
    : model.limits.aspectRatios?.[recipe.aspectRatio]
}
