import type { EntryEdit } from '../../manifest/edit/edit.ts'
import { roundUsd, type PlanSummary } from '../../plan/bill.ts'
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

/** Two edits as one, the second of which was planned on the project after the first. */
export function joinEdits(first: ManifestEdit, second: ManifestEdit): ManifestEdit {
  const files = new Map(first.files.map((file) => [file.file, file]))
  for (const file of second.files) {
    const { before } = files.get(file.file) ?? file
    files.set(file.file, { ...file, before })
  }
  const { images } = second.survey
  const both = [first.difference, second.difference]
  const isKnown = both.every(({ usd }) => usd !== null)
  return {
    ...second,
    written: [first.written, second.written].filter((text) => text !== '').join(', '),
    changes: { ...first.changes, ...second.changes },
    files: [...files.values()].filter(({ before, after }) => before !== after),
    ids: [...new Set([...first.ids, ...second.ids])],
    missing: [...new Set([...first.missing, ...second.missing])].filter(
      (id) => images.get(id)?.state === 'missing',
    ),
    difference: {
      requests: sum(both.map(({ requests }) => requests)),
      pictures: sum(both.map(({ pictures }) => pictures)),
      usd: isKnown ? roundUsd(sum(both.map(({ usd }) => usd ?? 0))) : null,
    },
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

export function differenceOf(before: PlanSummary, after: PlanSummary): PriceDifference {
  return {
    requests: after.requests - before.requests,
    pictures: after.pictures - before.pictures,
    usd: after.usd === null || before.usd === null ? null : roundUsd(after.usd - before.usd),
  }
}
