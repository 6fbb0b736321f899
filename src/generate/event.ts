import type { ModelError } from '../model/image-model.ts'
import type { Job } from '../plan/plan.ts'
import type { Failure } from './failure.ts'

/** What happens during a run, for progress. */
export type GenerateEvent =
  | { readonly kind: 'requested'; readonly job: Job; readonly pictures: number }
  | { readonly kind: 'retried'; readonly job: Job; readonly error: ModelError }
  /** Another process is asking for the same picture. */
  | { readonly kind: 'waiting'; readonly job: Job }
  | { readonly kind: 'finished'; readonly job: Job; readonly pictures: number }
  | { readonly kind: 'failed'; readonly job: Job; readonly failure: Failure }
  | { readonly kind: 'warning'; readonly message: string }
