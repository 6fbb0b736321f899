import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import { placeOf, type DocumentPath } from '../manifest/manifest.ts'
import type { PixelSize } from '../model/image-model.ts'
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
 * @param referenced what each entry that this one refers to stands for.
 */
export function recipeOf(
  entry: ImageEntry,
  subject: GeneratedSubject,
  model: ResolvedModel,
  referenced: (id: string) => EntryReference,
): { readonly recipe: Recipe } | { readonly problems: readonly Problem[] } {
  const { limits } = model
  const problems = refusals(entry, subject, model)
  const checked = limits.providerOptions?.(subject.providerOptions) ?? {
    options: subject.providerOptions,
  }
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
  const references = subject.references.map((reference): RecipeReference => {
    const type = reference.type ?? defaultReferenceType(model)
    const typed = type === undefined ? {} : { type }
    switch (reference.kind) {
      case 'file':
        return { sha256: reference.sha256, ...typed }
      case 'url':
        return { url: reference.url, ...typed }
      case 'entry': {
        const target = referenced(reference.id)
        return target.kind === 'source'
          ? { sha256: target.sha256, ...typed }
          : { key: target.key, pick: target.pick, ...typed }
      }
      default:
        return reference satisfies never
    }
  })
  return {
    recipe: {
      provider: model.provider,
      modelId: model.modelId,
      prompt: subject.prompt,
      ...(aspectRatio === undefined ? {} : { aspectRatio }),
      ...(subject.size === undefined ? {} : { size: subject.size }),
      ...(subject.seed === undefined ? {} : { seed: subject.seed }),
      ...(references.length === 0 ? {} : { references }),
      ...(Object.keys(checked.options).length === 0 ? {} : { providerOptions: checked.options }),
      ...(subject.revision === undefined ? {} : { revision: subject.revision }),
    },
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

  const length = [...subject.prompt].length
  if (limits.promptLength !== undefined && length > limits.promptLength) {
    refuse(
      ['prompt'],
      `the prompt has ${length} characters; ${model.name} takes ${limits.promptLength}.`,
      `Shorten it by ${length - limits.promptLength}. Variables count as what they stand for.`,
    )
  }
  const ratios = Object.keys(limits.aspectRatios ?? {})
  if (
    subject.aspectRatio !== undefined &&
    ratios.length > 0 &&
    !ratios.includes(subject.aspectRatio)
  ) {
    refuse(
      ['aspectRatio'],
      `${model.name} does not draw ${subject.aspectRatio}.`,
      `It draws ${ratios.join(', ')}.`,
    )
  }
  if (subject.size !== undefined) refuseSize(subject.size, model, refuse)
  if (subject.references.length > 0) refuseReferences(subject, model, refuse)
  return problems
}

type Refuse = (field: DocumentPath, message: string, hint: string) => void

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
