import type { GeneratedSubject, ImageEntry, Reference } from '../manifest/entry.ts'
import { placeOf, type DocumentPath } from '../manifest/manifest.ts'
import type { PixelSize, ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { digest, type JsonValue } from '../shared/hash.ts'
import { nearest } from '../shared/suggest.ts'

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
  const problems = refusals(entry, subject, model)
  if ('issues' in checked) {
    for (const issue of checked.issues) {
      problems.push({
        message: `${entry.name}: \`${['providerOptions', ...issue.path].join('.')}\`: ${issue.message}`,
        place: placeOf(entry.manifest, [...entry.path, 'providerOptions', ...issue.path], 'value'),
      })
    }
  }
  if (problems.length > 0 || 'issues' in checked) return { problems }
  const aspectRatio =
    subject.aspectRatio ?? (subject.size === undefined ? limits.defaultAspectRatio : undefined)
  const { options } = checked
  const recipe: { -readonly [Part in keyof Recipe]: Recipe[Part] } = {
    provider: model.provider,
    modelId: model.modelId,
    prompt: subject.prompt,
  }
  if (aspectRatio !== undefined) recipe.aspectRatio = aspectRatio
  if (subject.size !== undefined) recipe.size = subject.size
  if (subject.seed !== undefined) recipe.seed = subject.seed
  if (subject.references.length > 0) {
    const targets = entryReferences.values()
    recipe.references = subject.references.map((reference) =>
      recipeReference(reference, model, () => targets.next().value),
    )
  }
  if (Object.keys(options).length > 0) recipe.providerOptions = options
  if (subject.revision !== undefined) recipe.revision = subject.revision
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
      return { url: reference.url, ...typed }
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
export function defaultReferenceType(model: ResolvedModel): string | undefined {
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

function refusals(entry: ImageEntry, subject: GeneratedSubject, model: ResolvedModel): Problem[] {
  const { limits } = model
  const problems: Problem[] = []
  const refuse = (field: DocumentPath, message: string, hint: string): void => {
    problems.push({
      message: `${entry.name}: ${message}`,
      place: placeOf(entry.manifest, [...entry.path, ...field], 'value'),
      hint,
    })
  }

  const { promptLength = Infinity } = limits
  // There are no more characters than UTF-16 units, which are counted already.
  const length = subject.prompt.length > promptLength ? [...subject.prompt].length : 0
  if (length > promptLength) {
    refuse(
      ['prompt'],
      `the prompt has ${length} characters; ${model.name} takes ${promptLength}.`,
      `Shorten it by ${length - promptLength}. Variables count as what they stand for.`,
    )
  }
  if (subject.aspectRatio !== undefined) refuseRatio(subject.aspectRatio, model, refuse)
  if (subject.size !== undefined) refuseSize(subject.size, model, refuse)
  if (subject.references.length > 0) refuseReferences(subject, model, refuse)
  return problems
}

type Refuse = (field: DocumentPath, message: string, hint: string) => void

function refuseRatio(ratio: string, model: ResolvedModel, refuse: Refuse): void {
  const { aspectRatios = {} } = model.limits
  if (Object.hasOwn(aspectRatios, ratio)) return
  const ratios = Object.keys(aspectRatios)
  if (ratios.length === 0) return
  refuse(['aspectRatio'], `${model.name} does not draw ${ratio}.`, `It draws ${ratios.join(', ')}.`)
}

function refuseSize(size: string, model: ResolvedModel, refuse: Refuse): void {
  const { sizes } = model.limits
  if (sizes === undefined) return
  if (sizes === false) {
    return refuse(['size'], `${model.name} takes no free size.`, 'Use `aspectRatio` instead.')
  }
  const fits = size
    .split('x')
    .map(Number)
    .every((side) => side >= sizes.min && side <= sizes.max && side % sizes.multipleOf === 0)
  if (!fits) {
    refuse(
      ['size'],
      `${model.name} does not draw ${size}.`,
      `Width and height lie from ${sizes.min} to ${sizes.max} pixels and are divisible by ${sizes.multipleOf}.`,
    )
  }
}

function refuseReferences(subject: GeneratedSubject, model: ResolvedModel, refuse: Refuse): void {
  const { references } = model.limits
  if (references === undefined) return
  if (references === false) {
    return refuse(
      ['references'],
      `${model.name} takes no references.`,
      'Use another model for this image, or remove them.',
    )
  }
  if (references.max !== undefined && subject.references.length > references.max) {
    refuse(
      ['references'],
      `${subject.references.length} references; ${model.name} takes ${references.max}.`,
      'Remove some.',
    )
  }
  for (const { type, index } of subject.references) {
    if (type === undefined || references.types.includes(type)) continue
    const suggestion = nearest(type, references.types)
    refuse(
      ['references', index, 'type'],
      `${model.name} knows no reference of type \`${type}\`.`,
      suggestion === undefined
        ? `It knows ${references.types.join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
    )
  }
}
