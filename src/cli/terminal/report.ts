import type { ManifestEdit, Pipeline, Plan, Survey } from '../../pipeline.ts'
import { count, inOneLine, sentence } from '../../shared/plain-text.ts'
import type { Colour, Output } from './output.ts'

type PlannedImage = Plan['images'][number]

/** The JSON of `plan --json`. */
export function planJson(images: Plan['images'], summary: Plan['summary']): object {
  return {
    version: 1,
    images: images.map(({ entry, made, state, reason, origin, surplus, usd }) => ({
      id: entry.id,
      manifest: entry.manifest.path,
      name: entry.name,
      key: made?.key ?? null,
      state,
      reason,
      usd,
      // Only if there are any, because most images have none.
      ...(surplus.length === 0 ? {} : { surplus }),
      ...(isFromProvider(origin) ? {} : { origin }),
    })),
    summary,
  }
}

/** The colours of states. */
export const COLOURS: Record<PlannedImage['state'], Colour> = {
  current: 'green',
  outdated: 'yellow',
  missing: 'yellow',
  unusable: 'red',
  unavailable: 'red',
  blocked: 'red',
}

/**
 * The plan as text: one line per image that needs attention, then a summary.
 *
 * @param isCut whether long lists are cut, for a terminal.
 */
export function planText(
  images: Plan['images'],
  summary: Plan['summary'],
  isCut: boolean,
  output: Output,
): string {
  const shown = images.filter(({ state }) => state !== 'current')
  const width = Math.max(0, ...shown.map(({ entry }) => inOneLine(entry.id).length))
  const lines = shown.map(
    ({ entry, state, reason }) =>
      `${output.paint(COLOURS[state], state.padEnd(11))}  ${inOneLine(entry.id).padEnd(width)}  ${output.paint('dim', sentence(reason))}`,
  )
  const some = listed(lines, isCut, (more) => `… and ${count(more, 'more image')}`)
  const parts = [
    ...some,
    ...listed(
      surplusLines(images),
      isCut,
      (more) => `… and ${count(more, 'more image')} with such candidates.`,
    ),
    ...originLines(images),
  ]
  const isCurrent = images.length > 0 && shown.length === 0
  const more = isCurrent
    ? ' `imagegen list` shows them with their files.'
    : some === lines
      ? ''
      : ' `imagegen list` shows all of them.'
  return [...parts, ...(parts.length > 0 ? [''] : []), `${summaryText(summary)}${more}`].join('\n')
}

/** Lists surplus candidates, once per key. */
function surplusLines(images: Plan['images']): string[] {
  const byKey = new Map(
    images
      .filter(({ surplus }) => surplus.length > 0)
      .toReversed()
      .map((image) => [image.made?.key, image]),
  )
  return [...byKey.values()]
    .toReversed()
    .map(
      ({ entry, surplus }) =>
        `${entry.id} does not ask for ${surplus.join(', ')}: candidates beyond its \`n\` and \`pick\`.`,
    )
}

function isFromProvider(origin: PlannedImage['origin']): boolean {
  return origin === undefined || origin === 'provider'
}

/** The most adopted pictures that are listed. A project that was imported has nothing else. */
const MOST_ADOPTED = 10

/** Lists the images whose picture no provider made for this project. */
function originLines(images: Plan['images']): string[] {
  const found = images.filter(({ origin }) => !isFromProvider(origin))
  if (found.length > MOST_ADOPTED) {
    return [
      `${found.length} pictures are not from the provider: they were adopted. \`imagegen list\` shows which.`,
    ]
  }
  return found.map(({ entry, reason }) => `${inOneLine(entry.id)} is ${reason}.`)
}

/** `12 images: 9 current, 3 missing. To make: 3 pictures in 3 requests for 0.0105 USD.` */
export function summaryText(summary: Plan['summary']): string {
  const states = (['current', 'outdated', 'missing', 'unusable', 'unavailable', 'blocked'] as const)
    .filter((state) => summary[state] > 0)
    .map((state) => `${summary[state]} ${state}`)
  const counts = `${count(summary.images, 'image')}: ${states.length === 0 ? 'none' : states.join(', ')}.`
  const { pictures, requests, usd } = summary
  return pictures === 0
    ? counts
    : `${counts} To make: ${count(pictures, 'picture')} in ${count(requests, 'request')} for ${priceText(usd)}.`
}

/** A price for the user. */
export function priceText(usd: number | null): string {
  return usd === null ? 'an unknown price' : `${usd} USD`
}

/**
 * Prints an edit of a manifest: what was written, what else it changes, and which images are missing now.
 *
 * @param isJson whether the result is printed as JSON.
 */
export function tellEdit(
  { manifest, ids, written, changes, missing, survey, files }: ManifestEdit,
  pipeline: Pipeline,
  isJson: boolean,
  output: Output,
): void {
  const summary = missing.length === 0 ? undefined : pipeline.select(survey, missing).summary
  if (isJson) {
    const [field, value] = (files.length === 0 ? undefined : Object.entries(changes)[0]) ?? []
    output.json({
      version: 1,
      manifest,
      ids,
      field: field ?? null,
      value: value ?? null,
      missing,
      usd: summary === undefined ? 0 : summary.usd,
    })
  } else output.result(`${inOneLine(manifest)}: ${inOneLine(written)}`)
  const others = files.filter((file) => file.manifest !== manifest)
  if (others.length > 0) {
    output.logger.info(
      `Also changed: ${others.map((file) => inOneLine(file.manifest)).join(', ')}.`,
    )
  }
  tellMissing(missing, survey, pipeline, output)
}

/** The ids of images that an edit made missing. */
export function missingNow(survey: Survey, before: Survey): readonly string[] {
  return survey.plan.images
    .filter(
      ({ entry, state }) => state === 'missing' && before.images.get(entry.id)?.state !== state,
    )
    .map(({ entry }) => entry.id)
}

/** Prints which images an edit made missing, and what they cost. */
export function tellMissing(
  missing: readonly string[],
  survey: Survey,
  pipeline: Pipeline,
  output: Output,
): void {
  if (missing.length === 0) return
  const { summary } = pipeline.select(survey, missing)
  const ids = listed(missing.map(inOneLine), output.isInteractive, (more) => `${more} more`)
  output.logger.info(`Missing now: ${ids.join(', ')}.`)
  output.logger.info(`${summaryText(summary)} Run \`imagegen generate\` to make them.`)
}

/** The most lines of a list that a terminal shows. */
const MOST_LINES = 10

/**
 * The lines of a list.
 *
 * @param isCut whether a long list is cut, for a terminal. Programs and files get all of it.
 * @param rest the last line of a list that is cut.
 */
export function listed(
  lines: readonly string[],
  isCut: boolean,
  rest: (more: number) => string = (more) => `  … and ${more} more`,
): readonly string[] {
  const more = lines.length - MOST_LINES
  return !isCut || more <= 0 ? lines : [...lines.slice(0, MOST_LINES), rest(more)]
}
