import type { ModelError } from '../model/image-model.ts'
import type { Job } from '../plan/plan.ts'
import type { Failure } from './failure.ts'

/** What happens while one order is fulfilled. Times are in milliseconds since 1970. */
export type OrderEvent =
  /** The account's rate limit has no place yet. Told again where the time changes. */
  | {
      readonly kind: 'rate-limited'
      /** When the request can be sent, as far as is known now. */
      readonly until: number
      /** `null`: no limit is known; the provider asked for a pause. */
      readonly requestsPerMinute: number | null
    }
  /** A request for so many pictures was sent. */
  | { readonly kind: 'requested'; readonly pictures: number; readonly since: number }
  /** The provider answered that request with so many pictures. They are not in the store yet. */
  | { readonly kind: 'arrived'; readonly pictures: number; readonly time: number }
  | { readonly kind: 'retried'; readonly error: ModelError }
  /** Another process is asking for the same picture. */
  | { readonly kind: 'waiting' }
  /** `said`: by a model, of a setting that other images may have, too. */
  | { readonly kind: 'warning'; readonly message: string; readonly said?: string }

/** What happens during a run, for progress. `createRunProgress` folds it into the state of every job. */
export type GenerateEvent =
  | (Exclude<OrderEvent, { kind: 'warning' }> & { readonly job: Job })
  | Extract<OrderEvent, { kind: 'warning' }>
  /** All pictures of the job are in the store. */
  | { readonly kind: 'finished'; readonly job: Job; readonly pictures: number }
  | { readonly kind: 'failed'; readonly job: Job; readonly failure: Failure }

/** What happens to an order, as what happens to the job that it was made for. */
export function eventOf(job: Job, event: OrderEvent): GenerateEvent {
  return event.kind === 'warning' ? event : { ...event, job }
}
