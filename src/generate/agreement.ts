import { placeOf } from '../manifest/manifest.ts'
import { howToSetKeys, missingKeySources } from '../model/key-source.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { billOf, priceOf } from '../plan/bill.ts'
import type { Job, Plan, PlannedImage } from '../plan/plan.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import { describeLimit, unknownPrice, type Budget } from './budget.ts'
import { count } from '../shared/plain-text.ts'

/** A build shows no more lines than this; the command line lists them all. */
const SHOWN = 20

/**
 * Holds a plan against what was agreed, before the first request.
 *
 * @param asker who sends the requests, and so needs the key: this process, or the workers of a queue.
 * @throws ImagegenError with code `credentials` where a key is missing, or `budget` where it would be passed.
 */
export function holdAgainst(
  jobs: readonly Job[],
  budget: Budget,
  asker: 'this-process' | 'workers',
): void {
  const withoutKey = jobs.filter((job) => job.made.model.model.credentials === 'missing')
  if (asker === 'this-process' && withoutKey.length > 0) throw missingKey(jobs, withoutKey)
  const unpriced = unpricedModels(jobs)
  if (budget.limit.usd !== undefined && unpriced.length > 0) {
    throw new ImagegenError(
      'budget',
      unpriced.map((model) => unknownPrice(budget.limit, model)),
    )
  }
  const { pictures, usd } = billOf(jobs)
  if (budget.holds(pictures, usd)) return
  const { pictures: asked } = budget.spent()
  throw new ImagegenError('budget', jobs.slice(0, SHOWN).map(problemOfJob), {
    summary: [
      `${describeBill(jobs)} would pass the budget of ${describeLimit(budget.limit)}${asked > 0 ? `, of which ${asked} are used up` : ''}.`,
      'Nothing was asked for. Look at it with `imagegen plan`, then run `imagegen generate --budget N`; where the option `budget` is set, raise it.',
      ...more(jobs.length),
    ].join('\n'),
  })
}

/** The models of some jobs whose price is unknown, once each. */
function unpricedModels(jobs: readonly Job[]): ResolvedModel[] {
  const models = jobs.filter((job) => priceOf(job) === null).map(({ made }) => made.model)
  return [...new Map(models.map((model) => [model.name, model])).values()]
}

/** A build that must not ask anybody has nothing to wait for. */
export function missingError(
  missing: readonly PlannedImage[],
  jobs: readonly Job[],
): ImagegenError {
  return new ImagegenError('frozen', missing.slice(0, SHOWN).map(problemOfImage), {
    summary: [
      `${count(missing.length, 'image')} missing${jobs.length === 0 ? '' : ` (${describeBill(jobs)})`}, and this build never asks a provider (mode \`frozen\`).`,
      'Run `imagegen generate` where there is a key, and commit the store.',
      ...more(missing.length),
    ].join('\n'),
  })
}

/** Images that were paid for and are not there, or that wait for such ones: nothing a build may mend by itself. */
export function unavailableError(images: readonly PlannedImage[]): ImagegenError {
  return new ImagegenError('unavailable', images.slice(0, SHOWN).map(problemOfImage), {
    summary: [
      `${count(images.length, 'image')} cannot be used. Nothing was asked for: what was paid once is not paid again by itself.`,
      ...more(images.length),
    ].join('\n'),
  })
}

/** What is wrong with manifests, all of them at once. */
export function manifestError(
  problems: ReadonlyMap<string, readonly Problem[]>,
): ImagegenError | undefined {
  const all = [...problems.values()].flat()
  return all.length === 0 ? undefined : new ImagegenError('manifest', all)
}

/** The images of a plan that a build cannot do without. */
export function imagesIn(
  plan: Plan,
  ...states: ReadonlyArray<PlannedImage['state']>
): PlannedImage[] {
  return plan.images.filter(({ state }) => states.includes(state))
}

/** `3 pictures for 0.0105 USD`. */
export function describeBill(jobs: readonly Job[]): string {
  const { pictures, usd } = billOf(jobs)
  return `${count(pictures, 'picture')} for ${usd === null ? 'an unknown price' : `${usd} USD`}`
}

/** `1 image is missing (0.0035 USD)`, `3 images are missing (5 pictures, 0.0175 USD)`. */
function missingText(jobs: readonly Job[]): string {
  const { pictures, usd } = billOf(jobs)
  const images = jobs.reduce((sum, { ids }) => sum + ids.length, 0)
  const price = usd === null ? 'unknown price' : `${usd} USD`
  const bill = pictures === images ? price : `${count(pictures, 'picture')}, ${price}`
  return `${count(images, 'image')} ${images === 1 ? 'is' : 'are'} missing (${bill})`
}

function missingKey(jobs: readonly Job[], withoutKey: readonly Job[]): ImagegenError {
  const models = withoutKey.map(({ made }) => made.model.model)
  const variables = missingKeySources(models).map(({ variable }) => variable)
  const are = variables.length === 1 ? 'is' : 'are'
  const unset = variables.length === 0 ? '' : `: ${variables.join(' and ')} ${are} not set`
  return new ImagegenError('credentials', withoutKey.slice(0, SHOWN).map(problemOfJob), {
    summary: [
      `There is no API key${unset}. ${missingText(jobs)}.`,
      `${howToSetKeys(models)}, or draw placeholders with IMAGEGEN_MODE=placeholder.`,
      ...more(withoutKey.length),
    ].join('\n'),
  })
}

function problemOfJob(job: Job): Problem {
  return {
    message: `${job.entry.name} is missing: ${count(job.missing, 'picture')} by ${job.made.model.name}`,
    place: { ...placeOf(job.entry.manifest, job.entry.path, 'key'), frame: '' },
  }
}

function problemOfImage(image: PlannedImage): Problem {
  return {
    message: `${image.entry.name} is ${image.state}: ${image.reason}`,
    place: { ...placeOf(image.entry.manifest, image.entry.path, 'key'), frame: '' },
  }
}

function more(total: number): string[] {
  return total > SHOWN ? [`The first ${SHOWN} of ${total}:`] : []
}
