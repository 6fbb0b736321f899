import type { Pipeline, PlannedImage, Survey } from '../../pipeline.ts'
import { pictureInUse } from './picture-in-use.ts'
import type { Pictures } from '../listener/pictures.ts'
import type { BudgetState, PlanPage, PlanRow } from '../protocol-actions.ts'
import type { ShownProblem, TileState } from '../protocol.ts'

/** The images that need attention, with what generating everything that is missing costs. */
export function planPage(
  { after, limit }: { readonly after: number; readonly limit: number },
  pipeline: Pipeline,
  survey: Survey,
  pictures: Pictures,
  revision: number,
): PlanPage {
  const { plan } = survey
  const { requests, pictures: pictureCount, usd } = plan.summary
  const open = plan.images.filter(({ state }) => state !== 'current')
  const missing = new Map(plan.jobs.map(({ entry, missing: count }) => [entry.id, count]))
  const end = after + limit
  return {
    revision,
    total: open.length,
    images: open.slice(after, end).map((image) => rowOf(image, missing, survey, pictures)),
    next: end < open.length ? String(end) : null,
    bill: { requests, pictures: pictureCount, usd },
    budget: budgetOf(pipeline),
    asking: whetherAsking(pipeline),
    missingKeys: missingKeysOf(survey),
  }
}

function rowOf(
  image: PlannedImage,
  missing: ReadonlyMap<string, number>,
  survey: Survey,
  pictures: Pictures,
): PlanRow {
  const { entry, state, reason, usd } = image
  return {
    id: entry.id,
    state,
    reason,
    pictures: missing.get(entry.id) ?? 0,
    usd,
    thumbnail: pictureInUse(image, survey, pictures).thumbnail,
    offer: image.made === undefined ? 'none' : OFFERS[state],
  }
}

const OFFERS: Readonly<Record<TileState, PlanRow['offer']>> = {
  current: 'none',
  outdated: 'outdated',
  missing: 'generate',
  unusable: 'replace',
  unavailable: 'replace',
  blocked: 'none',
}

function budgetOf({ budget }: Pipeline): BudgetState {
  const { limit } = budget
  const spent = budget.spent()
  const images = Number.isFinite(limit.images) ? limit.images : null
  return {
    images,
    usd: limit.usd ?? null,
    spent,
    imagesLeft: images === null ? null : Math.max(0, images - spent.pictures),
  }
}

/** Whether the mode lets this process ask a provider, or why not. */
export function whetherAsking({
  options: { mode, modeSource },
}: Pick<Pipeline, 'options'>): true | ShownProblem {
  const isWritten = modeSource === 'environment' || modeSource === 'option'
  if (mode === 'generate' || !isWritten) return true
  const by = modeSource === 'environment' ? 'IMAGEGEN_MODE' : 'the option `mode`'
  return {
    message: `The mode is \`${mode}\` (by ${by}), in which no provider is called.`,
    hint: 'Start the studio with IMAGEGEN_MODE=generate.',
  }
}

/** The models of the images that lack a key, and the variables to set. */
function missingKeysOf({ plan }: Survey): PlanPage['missingKeys'] {
  const models = new Map(plan.jobs.map(({ made: { model } }) => [model.name, model.model] as const))
  return [...models].flatMap(([model, { credentials, keySource }]) =>
    credentials === 'missing' ? [{ model, variable: keySource?.variable ?? null }] : [],
  )
}
