import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ImageEntry, Reference } from '../manifest/entry.ts'
import type { Job } from '../plan/plan.ts'
import { referenceSpellings } from '../pixels/line-endings.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { lfsObjectOf } from '../shared/lfs-pointer.ts'
import type { ReadFile } from './inputs.ts'

/** The SHA-256 of every file that a job's request sends. */
export function referenceFiles({ made }: Job): string[] {
  return (made.recipe.references ?? []).flatMap((wanted) =>
    'sha256' in wanted ? [wanted.sha256] : [],
  )
}

/**
 * Reads the files that a job refers to from the project.
 *
 * @param entries all entries by id: references to hand-made ones are read from their files.
 */
export function readReferenceFile(job: Job, entries: ReadonlyMap<string, ImageEntry>): ReadFile {
  const { recipe, subject } = job.made
  return async (wanted) => {
    const position = (recipe.references ?? []).findIndex(
      (reference) => 'sha256' in reference && reference.sha256 === wanted,
    )
    const file = fileOf(subject.references[position], entries)
    const bytes = readFileSync(file)
    const found = referenceSpellings(bytes).find((spelling) => sha256(spelling) === wanted)
    if (found !== undefined) return found
    if (lfsObjectOf(bytes) !== undefined) {
      throw new ImagegenError('unavailable', {
        message: `${path.basename(file)} is a Git LFS pointer: ${job.entry.id} was not asked for.`,
        hint: 'Run `git lfs pull`, then run it again.',
      })
    }
    throw new ImagegenError('unusable', {
      message: `${path.basename(file)} was changed after the plan was made: ${job.entry.id} was not asked for.`,
      hint: 'Run it again.',
    })
  }
}

function fileOf(written: Reference | undefined, entries: ReadonlyMap<string, ImageEntry>): string {
  if (written?.kind === 'file') return written.file
  const subject = written?.kind === 'entry' ? entries.get(written.id)?.subject : undefined
  if (subject?.kind === 'source') return subject.file
  throw new Error(`A reference without a file: ${JSON.stringify(written)}`)
}
