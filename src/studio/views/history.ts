import { manifestDigest, type PlannedImage } from '../../pipeline.ts'
import { historyOf, type PastStep } from '../../pipeline/records/history.ts'
import type { HistoryPage, HistoryStep, PromptPart } from '../protocol-records.ts'
import type { DetailContext } from './detail.ts'
import { storedOriginal } from './stored-original.ts'
import { wordChanges } from './word-changes.ts'

/** What an image was before, by recipe, the newest first. */
export function historyPage(
  image: PlannedImage,
  { after, limit }: { readonly after: number; readonly limit: number },
  { survey, pictures, revision }: DetailContext,
): HistoryPage {
  const steps = historyOf(image, survey)
  const end = after + limit
  return {
    revision,
    digest: manifestDigest(image.entry.manifest),
    total: steps.length,
    steps: steps.slice(after, end).map((step, index): HistoryStep => {
      const before = steps[after + index + 1]
      return {
        key: step.key,
        isNow: step.key === image.made?.key,
        time: step.time,
        prompt: promptParts(step, before),
        changes: before === undefined ? [] : otherChanges(step.recipe, before.recipe),
        pictures: step.pictures.map((candidate) => ({
          ...storedOriginal(candidate, pictures),
          inUse: step.key === image.made?.key && candidate.receipt.sha256 === image.picked,
        })),
        unusable: step.unusable.map(({ marker: { time, usd, unusable } }) => ({
          time,
          usd,
          why: unusable,
        })),
      }
    }),
    next: end < steps.length ? String(end) : null,
  }
}

function promptParts({ recipe }: PastStep, before: PastStep | undefined): readonly PromptPart[] {
  const now = textIn(recipe['prompt'])
  const parts = before === undefined ? [] : wordChanges(textIn(before.recipe['prompt']), now)
  return before === undefined ? [{ text: now, is: 'same' }] : parts
}

type Recipe = PastStep['recipe']

/** Each other part of a recipe: its value in words. */
const PARTS: ReadonlyArray<readonly [name: string, words: (recipe: Recipe) => string]> = [
  ['model', ({ provider, modelId }) => `${textIn(provider)} ${textIn(modelId)}`],
  ['size', ({ size, aspectRatio }) => textIn(size ?? aspectRatio ?? null)],
  ['seed', ({ seed }) => textIn(seed ?? null)],
  ['revision', ({ revision }) => textIn(revision ?? null)],
]

/** What has no short form. */
const LONG: ReadonlyArray<readonly [name: string, field: string]> = [
  ['references', 'references'],
  ['provider options', 'providerOptions'],
]

function otherChanges(now: Recipe, before: Recipe): string[] {
  return [
    ...PARTS.flatMap(([name, words]) => {
      const [is, was] = [words(now), words(before)]
      if (is === was) return []
      return is === '' ? `no ${name}` : `${name}: ${is}`
    }),
    ...LONG.flatMap(([name, field]) =>
      JSON.stringify(now[field]) === JSON.stringify(before[field]) ? [] : `other ${name}`,
    ),
  ]
}

/** Recipes in receipts are untrusted JSON. */
function textIn(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
