import type { CandidatePick } from '../manifest/entry.ts'
import { ImagegenError } from '../shared/errors.ts'
import { groupBy } from '../shared/group-by.ts'
import { nearest } from '../shared/suggest.ts'
import { summarise, type PlanSummary } from './bill.ts'
import type { Job, Renew } from './job.ts'
import type { Plan } from './plan.ts'
import type { MadeImage, PlannedImage } from './planned-image.ts'

/** A part of a plan: the selected images, and the jobs that they need. */
export interface Selection {
  readonly images: readonly PlannedImage[]
  readonly jobs: readonly Job[]
  readonly summary: PlanSummary
}

/** Images to pay for again, because the user asks for it. */
export interface Renewal {
  /** Regenerate outdated images. */
  readonly outdated?: boolean
  /** The id or name of an image whose original is lost. */
  readonly replace?: string | undefined
}

/**
 * Selects images by id, name, manifest or glob (`*`, `?`), with the jobs for them and for the images they refer to.
 *
 * @throws ImagegenError with code `usage` for a pattern without a match, or for `replace` of an image that is not lost.
 */
export function selectPlan(
  plan: Plan,
  patterns: readonly string[],
  { outdated = false, replace }: Renewal = {},
): Selection {
  const isEverything = patterns.length === 0 && replace === undefined
  if (isEverything && !outdated) return plan
  const wanted = isEverything
    ? plan.images
    : matching(plan, replace === undefined ? patterns : [...patterns, replace])
  const lost = replace === undefined ? [] : matching(plan, [replace])
  return selectImages(plan, wanted, { outdated, lost })
}

/** Which of the wanted images to pay for again. */
export interface RenewedImages {
  /** Regenerate outdated images. */
  readonly outdated: boolean
  /** Images whose original is lost. */
  readonly lost: readonly PlannedImage[]
}

/**
 * As `selectPlan`, for images that are known already.
 *
 * @throws ImagegenError with code `usage` for an image of `lost` that is not.
 */
export function selectImages(
  plan: Plan,
  wanted: readonly PlannedImage[],
  { outdated, lost }: RenewedImages,
): Selection {
  const renewed = renewals(wanted, outdated, lost)
  const ids = new Set(wanted.map(({ entry }) => entry.id))
  const known = new Map([...plan.jobs, ...renewed].map((job) => [job.made.key, job]))
  const keys = new Set<string>()
  const need = (job: Job): void => {
    if (keys.has(job.made.key)) return
    keys.add(job.made.key)
    for (const key of job.after) {
      const other = known.get(key)
      if (other !== undefined) need(other)
    }
  }
  for (const job of known.values()) if (job.ids.some((id) => ids.has(id))) need(job)
  // Renewed originals come first, so that images that refer to them use the new ones.
  const jobs = [...renewed, ...plan.jobs].filter((job) => keys.has(job.made.key))
  return { images: wanted, jobs, summary: summarise(wanted, jobs) }
}

function matching(plan: Plan, patterns: readonly string[]): PlannedImage[] {
  const found = new Set<PlannedImage>()
  for (const pattern of patterns) {
    const expression = globExpression(pattern)
    const hits = plan.images.filter(
      ({ entry }) =>
        entry.id === pattern ||
        entry.name === pattern ||
        entry.manifest.path === pattern ||
        expression.test(entry.id) ||
        expression.test(entry.name),
    )
    if (hits.length === 0) throw noMatch(plan, pattern)
    for (const hit of hits) found.add(hit)
  }
  return plan.images.filter((image) => found.has(image))
}

function globExpression(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'u')
}

function noMatch(plan: Plan, pattern: string): ImagegenError {
  const suggestion = nearest(
    pattern,
    plan.images.flatMap(({ entry }) => [entry.id, entry.name]),
  )
  return new ImagegenError('usage', {
    message: `No image matches \`${pattern}\`.`,
    hint:
      suggestion === undefined
        ? '`imagegen list` shows the images.'
        : `Did you mean \`${suggestion}\`?`,
  })
}

function renewals(
  wanted: readonly PlannedImage[],
  outdated: boolean,
  lost: readonly PlannedImage[],
): Job[] {
  for (const { entry, state } of lost) {
    if (state === 'unavailable' || state === 'unusable') continue
    throw new ImagegenError('usage', {
      message: `${entry.id} is ${state}: there is nothing to replace.`,
      hint: 'To get another image of the same prompt, use `imagegen reroll`.',
    })
  }
  const old = wanted.filter(({ state }) => outdated && state === 'outdated')
  for (const { entry } of [...lost, ...old]) {
    if (typeof entry.pick === 'string') throw pickedByDigest(entry.id, entry.pick)
  }
  return [
    ...byKey(lost).map((images) => renewalOf(images, { kind: 'lost' })),
    ...byKey(old).map((images) =>
      renewalOf(images, { kind: 'outdated', picks: [...new Set(images.map(pickOf))] }),
    ),
  ]
}

/** A new picture has another digest, so the pick would fit nothing once it is paid for. */
function pickedByDigest(id: string, pick: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `${id} has \`pick: "${pick}"\`, which names the picture that would be replaced. Nothing was requested.`,
    hint: 'Remove `pick` first; `imagegen pick` can choose the new picture afterwards.',
  })
}

/** A generated image of a plan. */
type MadePlannedImage = PlannedImage & { readonly made: MadeImage }

/** Groups images by key: they share their originals, so renewing one renews all. */
function byKey(images: readonly PlannedImage[]): Array<[MadePlannedImage, ...MadePlannedImage[]]> {
  const generated = images.flatMap(({ made, ...image }): MadePlannedImage[] =>
    made === undefined ? [] : [{ ...image, made }],
  )
  return [...groupBy(generated, ({ made }) => made.key).values()]
}

function pickOf({ entry }: PlannedImage): CandidatePick {
  return entry.pick
}

function renewalOf(images: readonly [MadePlannedImage, ...MadePlannedImage[]], renew: Renew): Job {
  const [{ entry, made }] = images
  const wanted = Math.max(...images.map((image) => image.made.subject.candidates))
  return {
    entry,
    made,
    ids: images.map((image) => image.entry.id),
    wanted,
    missing: renew.kind === 'outdated' ? renew.picks.length : Math.max(1, wanted - made.present),
    after: [],
    renew,
  }
}
