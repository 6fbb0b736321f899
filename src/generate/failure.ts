import { writtenAt } from '../manifest/written.ts'
import { ModelError } from '../model/image-model.ts'
import { howToHandOver } from '../model/key-source.ts'
import { variableIn } from '../model/lack-of-key.ts'
import type { Job } from '../plan/plan.ts'
import { ImagegenError, messageOf, type Problem } from '../shared/errors.ts'
import { clause, count } from '../shared/plain-text.ts'
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

/** What became of a job that failed. */
export interface JobFailure {
  readonly job: Job
  readonly failure: Failure
}

/**
 * A missing key is one failure for each account, with all images that it kept: what those are told is the same. Other
 * failures stay as they are.
 */
export function joinLacksOfKey(failures: readonly JobFailure[]): Failure[] {
  const lacks = new Map<string, JobFailure[]>()
  for (const each of failures) {
    const { account } = each.job.made.model
    if (each.failure.code === 'credentials') lacks.set(account, [])
  }
  const others: Failure[] = []
  for (const each of failures) {
    const { job, failure } = each
    const lack = lacks.get(job.made.model.account)
    if (
      lack === undefined ||
      !(failure.code === 'credentials' || Object.hasOwn(NOT_TRIED, failure.code))
    ) {
      others.push(failure)
    } else lack.push(each)
  }
  return [...[...lacks.values()].map(lackOfAll), ...others]
}

function lackOfAll(failures: readonly JobFailure[]): Failure {
  const cause = failures.find(({ failure }) => failure.code === 'credentials') ?? failures[0]
  if (cause === undefined) throw new Error('There is no failure to join.')
  const { job, failure } = cause
  const { name, provider, modelId } = job.made.model
  const ids = failures.flatMap((each) => each.failure.ids)
  const { message, place, hint } = failure.problem
  const own = `${job.entry.name}: `
  const said = message.startsWith(own) ? message.slice(own.length) : message
  const variable = variableIn(said)
  const way =
    hint ??
    (variable === undefined
      ? undefined
      : `Set ${variable} in the environment; ${howToHandOver(variable)}.`)
  return {
    ...failure,
    ids,
    problem: {
      message: `models.${name} (${provider}/${modelId}) has no API key: ${clause(said)}. ${count(ids.length, 'image')} ${ids.length === 1 ? 'was' : 'were'} not requested.`,
      ...(place === undefined ? {} : { place }),
      ...(way === undefined ? {} : { hint: way }),
    },
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
