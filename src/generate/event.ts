import type { ModelError } from '../model/image-model.ts'
import type { Job } from '../plan/plan.ts'
import type { Failure } from './failure.ts'

/** What happens while one order is fulfilled. */
export type OrderEvent =
  | { readonly kind: 'requested'; readonly pictures: number }
  | { readonly kind: 'retried'; readonly error: ModelError }
  /** Another process is asking for the same picture. */
  | { readonly kind: 'waiting' }
  /** `said`: by a model, of a setting that other images may have, too. */
  | { readonly kind: 'warning'; readonly message: string; readonly said?: string }

/** What happens during a run, for progress. */
export type GenerateEvent =
  | (Exclude<OrderEvent, { kind: 'warning' }> & { readonly job: Job })
  | Extract<OrderEvent, { kind: 'warning' }>
  | { readonly kind: 'finished'; readonly job: Job; readonly pictures: number }
  | { readonly kind: 'failed'; readonly job: Job; readonly failure: Failure }

/** What happens to an order, as what happens to the job that it was made for. */
export function eventOf(job: Job, event: OrderEvent): GenerateEvent {
  return event.kind === 'warning' ? event : { ...event, job }
}
