import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import type { PixelSize, ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { pickInKeys } from './picked.ts'
import {
  expectedSize,
  otherRecipes,
  recipeKey,
  recipeOf,
  type EntryReference,
  type Recipe,
} from './recipe.ts'
import { pixelsOf, sentShape } from './sent-shape.ts'

/** A recipe with its key. */
export interface KeyedRecipe {
  readonly recipe: Recipe
  readonly key: string
}

/** The part of an entry's state that does not depend on the store. */
export interface Keyed extends KeyedRecipe {
  /** What the model would refuse if it were asked. */
  readonly refused: readonly Problem[]
  readonly expected: PixelSize | undefined
  /** Other keys that receipts of the same recipe may have, with their spellings of the recipe. */
  readonly others: readonly KeyedRecipe[]
  /** How other recipes refer to this entry. */
  readonly reference: EntryReference
}

/** Computes the keys of entries and caches them. */
export interface Keying {
  /**
   * @param references the resolved entry references, in the order of the entry's references.
   * @returns the problems of the entry's options, if they are not valid.
   */
  keyed(
    entry: ImageEntry,
    subject: GeneratedSubject,
    model: ResolvedModel,
    references: readonly EntryReference[],
  ): Keyed | { readonly problems: readonly Problem[] }
}

interface Remembered {
  readonly model: ResolvedModel
  /** The entry references for which `keyed` was computed. */
  readonly references: readonly EntryReference[]
  readonly keyed: Keyed
}

/**
 * Creates a `Keying`. An entry object never changes: an edited entry is a new object. So a cached key stays valid while
 * the model and the resolved references are the same.
 */
export function createKeying(): Keying {
  const known = new WeakMap<ImageEntry, Remembered>()
  const checkOptions = createOptionsCheck()
  return {
    keyed(entry, subject, model, references) {
      const earlier = known.get(entry)
      if (earlier?.model === model && areSame(earlier.references, references)) return earlier.keyed
      const outcome = recipeOf(entry, subject, model, checkOptions(model, subject), references)
      if ('problems' in outcome) return outcome
      const { recipe, refused } = outcome
      const key = recipeKey(recipe)
      const others = otherRecipes(recipe, subject, references).map((other) => ({
        recipe: other,
        key: recipeKey(other),
      }))
      const reference = referenceTo(entry, key, others)
      const expected = expectedSize(recipe, model) ?? sizeByDefault(recipe, model)
      const keyed = { recipe, refused, key, others, expected, reference }
      known.set(entry, { model, references, keyed })
      return keyed
    },
  }
}

/** @param others equivalent keys of the same recipe. */
export function referenceTo(
  { pick }: ImageEntry,
  key: string,
  others: readonly KeyedRecipe[],
): EntryReference {
  const otherKeys = others.length === 0 ? NONE : others.map((other) => other.key)
  return { kind: 'generated', key, pick: pickInKeys(pick), otherKeys }
}

/** The declared size of an image without a shape in its recipe. It is not part of the key and not enforced. */
function sizeByDefault(
  { size, aspectRatio }: Recipe,
  { limits }: ResolvedModel,
): PixelSize | undefined {
  if (size !== undefined || aspectRatio !== undefined) return undefined
  const { defaultAspectRatio } = limits
  if (defaultAspectRatio === undefined) return undefined
  const sent = sentShape({ aspectRatio: defaultAspectRatio }, limits)
  return sent.size === undefined ? limits.aspectRatios?.[defaultAspectRatio] : pixelsOf(sent.size)
}

const NONE: readonly never[] = []

function areSame(earlier: readonly EntryReference[], now: readonly EntryReference[]): boolean {
  return earlier.every((reference, index) => isSame(reference, now[index]))
}

function isSame(one: EntryReference, other: EntryReference | undefined): boolean {
  if (one === other) return true
  if (one.kind === 'source') {
    return (
      other?.kind === 'source' &&
      one.sha256 === other.sha256 &&
      areEqual(one.otherSha256s, other.otherSha256s)
    )
  }
  return (
    other?.kind === 'generated' &&
    one.key === other.key &&
    one.pick === other.pick &&
    areEqual(one.otherKeys, other.otherKeys)
  )
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index])
}

/** Checks provider options once per object: entries without their own options share one. */
function createOptionsCheck(): (
  model: ResolvedModel,
  subject: GeneratedSubject,
) => ProviderOptionsCheck {
  const known = new Map<ResolvedModel, WeakMap<object, ProviderOptionsCheck>>()
  return (model, { providerOptions }) => {
    const checked = known.get(model) ?? new WeakMap<object, ProviderOptionsCheck>()
    known.set(model, checked)
    const earlier = checked.get(providerOptions)
    if (earlier !== undefined) return earlier
    const check = model.limits.providerOptions?.(providerOptions) ?? { options: providerOptions }
    checked.set(providerOptions, check)
    return check
  }
}
