import type { createRunProgress, Job } from '../../pipeline.ts'
import type { ImageId, ImageProgress } from '../protocol.ts'
import { shownProblem } from '../views/shown-problem.ts'

type JobPhase = ReturnType<ReturnType<typeof createRunProgress>['phaseOf']>

/** How far an image is, from how far the job is that makes it. */
export function progressOf(id: ImageId, job: Job, phase: JobPhase, root: string): ImageProgress {
  switch (phase.kind) {
    case 'queued':
      return { id, at: 'waiting', for: { what: 'turn' }, until: null }
    case 'rate-limited': {
      const { requestsPerMinute, until } = phase
      const reason = { what: 'rate-limit', perMinute: requestsPerMinute } as const
      return { id, at: 'waiting', for: reason, until: timeOf(until) }
    }
    case 'elsewhere':
      return { id, at: 'waiting', for: { what: 'another-process' }, until: null }
    case 'requested':
      return { id, at: 'asked', since: timeOf(phase.since), pictures: job.missing }
    case 'retrying':
      return { id, at: 'retrying', words: phase.message }
    case 'arrived':
      return { id, at: 'arrived' }
    case 'stored':
      return { id, at: 'stored' }
    case 'failed': {
      const { code, problem } = phase.failure
      return { id, at: 'failed', code, problem: shownProblem(problem, root) }
    }
    default:
      return phase satisfies never
  }
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
