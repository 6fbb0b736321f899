import { writtenAt } from '../manifest/written.ts'
import { ModelError } from '../model/image-model.ts'
import type { Job } from '../plan/plan.ts'
import { ImagegenError, messageOf, type Problem } from '../shared/errors.ts'
import type { SharedFailure } from '../store/locks/shared-failure.ts'
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

/** What was thrown while an order was under way, so that others can be told. */
export function sharedFailureOf(
  { name }: { readonly name: string },
  thrown: unknown,
): SharedFailure & { readonly isRetryable: boolean } {
  const error = toModelError(thrown)
  const [first] = error instanceof ImagegenError ? error.problems : []
  return {
    code: error.code,
    message: `${name}: ${first?.message ?? messageOf(error)}`,
    hint: first?.hint ?? null,
    stopsRun: error instanceof ModelError && error.stopsRun,
    isRetryable: error instanceof ModelError && error.isRetryable,
  }
}

/** What was thrown while a job was under way, at the place of its entry. */
export function failureOf(job: Job, thrown: unknown): Failure {
  return failureFromElsewhere(job, sharedFailureOf(job.entry, thrown))
}

/** Another process's failure for the same key, as this job's. */
export function failureFromElsewhere(
  job: Job,
  failure: SharedFailure & { readonly isRetryable?: boolean },
): Failure {
  const { code, message, hint, stopsRun, isRetryable = false } = failure
  return {
    ids: job.ids,
    code,
    problem: {
      message,
      ...writtenAt(job.entry, ['prompt'], 'key'),
      ...(hint === null ? {} : { hint }),
    },
    stopsRun,
    isRetryable,
  }
}

const NOT_TRIED = {
  blocked: 'needs a picture that could not be made.',
  stopped: 'was not asked for: after the failure above nothing else of this account can succeed.',
}

/** Whether a failure with this code only follows from another one, or from a budget that others used up. */
export function isConsequence(code: string): boolean {
  return Object.hasOwn(NOT_TRIED, code) || code === 'budget'
}

/** A job that was not tried. */
export function notTried(job: Job, code: keyof typeof NOT_TRIED): Failure {
  const message = `${job.entry.name}: ${NOT_TRIED[code]}`
  const failure = { code, message, hint: null, stopsRun: false, isRetryable: true }
  return failureFromElsewhere(job, failure)
}
