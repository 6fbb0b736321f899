import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import type { Inventory, ShownByStore, UnusablePicture } from './planned-image.ts'
import type { Recipe } from './recipe.ts'
import { shapeCure } from './unusable.ts'

/** What the answers that a store holds show of one model. */
export interface ModelEvidence {
  /** The pictures that came for a shape (`aspectRatio: 16:9`) that the model never drew. */
  readonly undrawn: ReadonlyMap<string, UnusablePicture>
  /** A picture that cannot be decoded, of a model that never drew a usable one. */
  readonly unreadable: UnusablePicture | undefined
}

type Named = Pick<ResolvedModel, 'provider' | 'modelId'>
type Shape = Pick<Recipe, 'aspectRatio' | 'size'>

/** Whether a model says which shapes it draws. Such a model is believed. */
export function declaresShapes({ limits }: Pick<ResolvedModel, 'limits'>): boolean {
  return limits.aspectRatios !== undefined || limits.sizes !== undefined
}

/** Reads from a store's receipts and markers what a model was paid for and did not draw. */
export function evidenceOf(
  { candidates, unusable }: ShownByStore,
  { provider, modelId }: Named,
): ModelEvidence {
  const isOfModel = (recipe: Readonly<Record<string, unknown>>): boolean =>
    recipe['provider'] === provider && recipe['modelId'] === modelId
  // An adopted picture says nothing of what the model draws.
  const drawn = candidates.filter(
    ({ receipt: { recipe, origin = 'provider' } }) => origin === 'provider' && isOfModel(recipe),
  )
  const shapes = new Set(drawn.map(({ receipt }) => shapeOf(receipt.recipe)))
  const undrawn = new Map<string, UnusablePicture>()
  let unreadable: UnusablePicture | undefined
  for (const { marker } of unusable) {
    if (!isOfModel(marker.recipe)) continue
    const shape = shapeOf(marker.recipe)
    // What cannot be decoded says nothing of the shape.
    if (marker.width === null || marker.height === null) unreadable ??= marker
    else if (shape !== undefined && !shapes.has(shape)) undrawn.set(shape, marker)
  }
  return { undrawn, unreadable: drawn.length > 0 ? undefined : unreadable }
}

/** Why a recipe's shape is not requested of a model; `undefined` if nothing speaks against it. */
export function undrawnProblem(
  recipe: Shape,
  model: ResolvedModel,
  { undrawn }: ModelEvidence,
): (Problem & { readonly hint: string }) | undefined {
  const shape = shapeOf(recipe)
  const earlier = shape === undefined ? undefined : undrawn.get(shape)
  if (earlier === undefined) return undefined
  const { unusable: reason, width, height } = earlier
  return {
    message: `${model.provider}/${model.modelId} does not draw \`${shape}\`: in an earlier answer ${reason}.`,
    hint: shapeHint(recipe, model, width === null || height === null ? null : { width, height }),
  }
}

/**
 * What to write in place of a shape that a model does not draw, as a sentence.
 *
 * @param drawn the size that it drew instead; `null`: unknown.
 */
export function shapeHint(
  recipe: Shape,
  model: ResolvedModel,
  drawn: { readonly width: number; readonly height: number } | null,
): string {
  const cure = shapeCure(recipe, model, drawn)
  const setting = recipe.aspectRatio === undefined ? 'size' : 'aspectRatio'
  return cure === undefined
    ? `Remove \`${setting}\`, or declare what the model draws with \`imageModel(model, { limits })\`.`
    : `Write ${cure}. \`imageModel(model, { limits })\` declares what the model draws.`
}

const NOTHING: ShownByStore = { candidates: [], unusable: [] }

/** Says in a plan why it is not wise to request a recipe; `undefined` if nothing speaks against it. */
export type Doubt = (recipe: Recipe, model: ResolvedModel) => string | undefined

/** Creates a `Doubt` that reads the store once, and only for models that declare no shapes. */
export function createDoubt(inventory: Inventory): Doubt {
  let shown: ShownByStore | undefined
  const known = new Map<string, ModelEvidence>()
  return (recipe, model) => {
    if (declaresShapes(model)) return undefined
    const name = `${model.provider}/${model.modelId}`
    shown ??= inventory.everything?.() ?? NOTHING
    const evidence = known.get(name) ?? evidenceOf(shown, model)
    known.set(name, evidence)
    const problem = undrawnProblem(recipe, model, evidence)
    if (problem !== undefined) return `${problem.message} No run requests it. ${problem.hint}`
    if (evidence.unreadable === undefined) return undefined
    return `${name} answered with a picture that cannot be used (${evidence.unreadable.unusable}). A run sends one request first, and the others once a usable picture came.`
  }
}

/** `aspectRatio: 16:9`. A recipe in a receipt is untrusted JSON. */
function shapeOf({
  aspectRatio,
  size,
}: {
  readonly aspectRatio?: unknown
  readonly size?: unknown
}): string | undefined {
  if (typeof aspectRatio === 'string') return `aspectRatio: ${aspectRatio}`
  return typeof size === 'string' ? `size: ${size}` : undefined
}
