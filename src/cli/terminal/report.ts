import type { Pipeline, Survey } from '../../pipeline.ts'
import { count, inOneLine, sentence } from '../../shared/plain-text.ts'
import type { Colour, Output } from './output.ts'

type Plan = Survey['plan']
type PlannedImage = Plan['images'][number]

/** The form of `plan --json`. */
export function planJson(images: Plan['images'], summary: Plan['summary']): object {
  return {
    version: 1,
    images: images.map(({ entry, made, state, reason, surplus, usd }) => ({
      id: entry.id,
      manifest: entry.manifest.path,
      name: entry.name,
      key: made?.key ?? null,
      state,
      reason,
      usd,
      // Only where there are some: a field that most images would have for nothing.
      ...(surplus.length === 0 ? {} : { surplus }),
    })),
    summary,
  }
}

const COLOURS: Record<PlannedImage['state'], Colour> = {
  current: 'green',
  outdated: 'yellow',
  missing: 'yellow',
  unavailable: 'red',
  blocked: 'red',
}

/** The plan for people: a line an image that needs attention, then what it all comes to. */
export function planText(images: Plan['images'], summary: Plan['summary'], output: Output): string {
  const shown = images.filter(({ state }) => state !== 'current')
  const width = Math.max(0, ...shown.map(({ entry }) => inOneLine(entry.id).length))
  const lines = shown.map(
    ({ entry, state, reason }) =>
      `${output.paint(COLOURS[state], state.padEnd(11))}  ${inOneLine(entry.id).padEnd(width)}  ${output.paint('dim', sentence(reason))}`,
  )
  const parts = [...lines, ...surplusLines(images)]
  return [...parts, ...(parts.length > 0 ? [''] : []), summaryText(summary)].join('\n')
}

/** Images whose candidates nobody asks for, of which so many are named. */
const MOST_SURPLUS = 10

/** Candidates beyond those that are asked for, once a key. */
function surplusLines(images: Plan['images']): string[] {
  const byKey = new Map(
    images
      .filter(({ surplus }) => surplus.length > 0)
      .toReversed()
      .map((image) => [image.made?.key, image]),
  )
  const found = [...byKey.values()].toReversed()
  const lines = found
    .slice(0, MOST_SURPLUS)
    .map(
      ({ entry, surplus }) =>
        `${entry.id} does not ask for ${surplus.join(', ')}: candidates beyond its \`n\` and \`pick\`.`,
    )
  const more = found.length - lines.length
  return more === 0 ? lines : [...lines, `… and ${count(more, 'more image')} with such candidates.`]
}

/** `12 images: 9 current, 3 missing. To make: 3 pictures in 3 requests for 0.0105 USD.` */
export function summaryText(summary: Plan['summary']): string {
  const states = (['current', 'outdated', 'missing', 'unavailable', 'blocked'] as const)
    .filter((state) => summary[state] > 0)
    .map((state) => `${summary[state]} ${state}`)
  const counts = `${count(summary.images, 'image')}: ${states.length === 0 ? 'none' : states.join(', ')}.`
  const { pictures, requests, usd } = summary
  return pictures === 0
    ? counts
    : `${counts} To make: ${count(pictures, 'picture')} in ${count(requests, 'request')} for ${priceText(usd)}.`
}

export function priceText(usd: number | null): string {
  return usd === null ? 'an unknown price' : `${usd} USD`
}

type Rewritten = Awaited<ReturnType<Pipeline['reroll']>>

/** Says what was written, which images it concerns, and what has to be made because of it. */
export function tellRewritten(
  { manifest, ids, edit, survey }: Rewritten,
  before: Survey,
  pipeline: Pipeline,
  output: Output,
): void {
  output.result(`${inOneLine(manifest)}: \`${edit.field}: ${edit.value}\``)
  if (ids.length > 1) {
    output.logger.warn(
      `These images share it:\n${ids.map((id) => `  ${inOneLine(id)}`).join('\n')}`,
    )
  }
  const missing = survey.plan.images
    .filter(
      ({ entry, state }) => state === 'missing' && before.images.get(entry.id)?.state !== state,
    )
    .map(({ entry }) => entry.id)
  if (missing.length === 0) return
  const { summary } = pipeline.select(survey, missing)
  output.logger.info(`Missing now: ${missing.map(inOneLine).join(', ')}.`)
  output.logger.info(`${summaryText(summary)} \`imagegen generate\` makes what is missing.`)
}
