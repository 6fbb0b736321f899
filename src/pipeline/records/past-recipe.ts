import * as v from 'valibot'
import type { Recipe } from '../../plan/recipe.ts'
import type { AnyReceipt } from '../../store/receipt.ts'

/** The part of a receipt's recipe that edits can bring back. Receipts are untrusted JSON. */
export type PastRecipe = Pick<Recipe, 'prompt' | 'aspectRatio' | 'size' | 'seed' | 'revision'>

const text = v.pipe(v.string(), v.maxLength(100_000))
const integer = v.pipe(v.number(), v.safeInteger())

const schema: v.GenericSchema<unknown, PastRecipe> = v.object({
  prompt: text,
  aspectRatio: v.exactOptional(text),
  size: v.exactOptional(text),
  seed: v.exactOptional(integer),
  revision: v.exactOptional(integer),
})

/** Reads a receipt's recipe; undefined if it has no form that a manifest can have. */
export function pastRecipe({ recipe }: Pick<AnyReceipt, 'recipe'>): PastRecipe | undefined {
  const result = v.safeParse(schema, recipe)
  return result.success ? result.output : undefined
}
