import type { GenerateOptions } from '../generate/generate.ts'
import type { Survey } from './survey.ts'

type GenerateEvent = Parameters<GenerateOptions['onEvent']>[0]

/** Debug lines that explain each image's state. */
export function planLines(
  { manifests, plan, problems }: Survey,
  edited: readonly string[] | undefined,
  isAgain: boolean,
): string[] {
  const cause = edited === undefined ? 'all was read' : `edited: ${edited.join(', ')}`
  const how = isAgain ? 'on top of the last survey' : 'from the beginning'
  return [
    `survey ${how} (${cause}): ${manifests.length} manifests, ${plan.images.length} images, ${plan.jobs.length} jobs`,
    ...plan.images.map(
      ({ entry, state, reason, made }) =>
        `${entry.id}: ${state}, ${reason}${made === undefined ? '' : ` (key ${made.key.slice(0, 16)})`}`,
    ),
    ...[...problems].map(([manifest, all]) => `${manifest}: ${all.length} problems`),
  ]
}

/** Debug lines that say what a run waits for. */
export function waitLines(event: GenerateEvent): string[] {
  switch (event.kind) {
    case 'rate-limited':
      return [
        `${event.job.entry.id}: waiting for the rate limit until ${new Date(event.until).toISOString()}`,
      ]
    case 'requested':
      return [`${event.job.entry.id}: requested, waiting for the provider`]
    case 'waiting':
      return [`${event.job.entry.id}: waiting, another process asks for the same key`]
    case 'retried':
      return [`${event.job.entry.id}: waiting to try again: ${event.error.message}`]
    case 'arrived':
      return [`${event.job.entry.id}: arrived`]
    case 'finished':
      return [`${event.job.entry.id}: in the store`]
    case 'failed':
      return [`${event.job.entry.id}: failed (${event.failure.code})`]
    case 'warning':
      return []
    default:
      return event satisfies never
  }
}
