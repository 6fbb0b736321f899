import type { EntryEdit } from '../../manifest/edit/edit.ts'
import type { PlanSummary } from '../../plan/bill.ts'
import type { Survey } from '../survey.ts'

/** An edit of manifests as data: what it writes, and what follows from it. Nothing is written until `Pipeline.write`. */
export interface ManifestEdit {
  /** The image, or the entry of a matrix, that the edit is for. */
  readonly id: string
  /** The manifest that holds it, from the root. */
  readonly manifest: string
  /** What is written, for people: `revision: 2`, or `revision: 2` for one combination of a matrix. */
  readonly written: string
  readonly changes: EntryEdit['changes']
  /** The files to write; none if they already say what they should. */
  readonly files: readonly FileEdit[]
  /** The images whose settings change. More than one: ask before you write. */
  readonly ids: readonly string[]
  /** The images that become missing. */
  readonly missing: readonly string[]
  /** What the whole plan costs more, or less, than before. */
  readonly difference: PriceDifference
  /** The project after the edit. */
  readonly survey: Survey
}

/** One manifest's text before and after an edit, without a byte order mark. */
export interface FileEdit {
  /** The path from the root. */
  readonly manifest: string
  /** Absolute. */
  readonly file: string
  readonly before: string
  readonly after: string
}

/** The difference between two plans. */
export interface PriceDifference {
  readonly requests: number
  readonly pictures: number
  /** In USD; `null` if one of the prices is unknown. */
  readonly usd: number | null
}

export function differenceOf(before: PlanSummary, after: PlanSummary): PriceDifference {
  return {
    requests: after.requests - before.requests,
    pictures: after.pictures - before.pictures,
    // In millionths: differences of decimal fractions are not exact.
    usd:
      after.usd === null || before.usd === null
        ? null
        : (Math.round(after.usd * 1e6) - Math.round(before.usd * 1e6)) / 1e6,
  }
}
