import { placeOf } from '../manifest/manifest.ts'
import { ModelError } from '../model/image-model.ts'
import type { Job } from '../plan/plan.ts'
import { ImagegenError, messageOf, type Problem } from '../shared/errors.ts'
import type { SharedFailure } from '../store/shared-failure.ts'
import { toModelError } from './provider-error.ts'

/** An entry that has no picture, and why. */
export interface Failure {
  readonly ids: readonly string[]
  /** The provider's code (`1026`), or one of this project's: `blocked`, `stopped`, `unusable`, … */
  readonly code: string
  /** What, where and what to do now. */
  readonly problem: Problem
  /** Nothing else of the account can succeed either. */
  readonly stopsRun: boolean
  /** Another try may succeed: the network, a gateway, a limit. */
  readonly isRetryable: boolean
}

/** What was thrown while a job was under way, at the place of its entry. */
export function failureOf(job: Job, thrown: unknown): Failure {
  const error = toModelError(thrown)
  const [first] = error instanceof ImagegenError ? error.problems : []
  return {
    ids: job.ids,
    code: error.code,
    problem: {
      message: `${job.entry.name}: ${first?.message ?? messageOf(error)}`,
      place: placeOf(job.entry.manifest, [...job.entry.path, 'prompt'], 'key'),
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    },
    stopsRun: error instanceof ModelError && error.stopsRun,
    isRetryable: error instanceof ModelError && error.isRetryable,
  }
}

/** A failure that another process had, as this one's. */
export function failureFromElsewhere(job: Job, failure: SharedFailure): Failure {
  return {
    ids: job.ids,
    code: failure.code,
    problem: {
      message: failure.message,
      place: placeOf(job.entry.manifest, [...job.entry.path, 'prompt'], 'key'),
      ...(failure.hint === null ? {} : { hint: failure.hint }),
    },
    stopsRun: failure.stopsRun,
    isRetryable: false,
  }
}

/** A job that was not tried. */
export function notTried(job: Job, code: 'blocked' | 'stopped' | 'budget', why: string): Failure {
  return {
    ids: job.ids,
    code,
    problem: {
      message: `${job.entry.name}: ${why}`,
      place: placeOf(job.entry.manifest, [...job.entry.path, 'prompt'], 'key'),
    },
    stopsRun: false,
    isRetryable: true,
  }
}
