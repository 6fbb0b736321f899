import type { ServerResponse } from 'node:http'
import type { Access } from './access.ts'

/** What a route is asked. */
export interface Question {
  readonly query: URLSearchParams
  readonly access: Access
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
}

/** Answers one address below `/api/1/`. */
export type Route =
  | {
      readonly kind: 'read'
      readonly answer: (question: Question) => Promise<unknown>
    }
  | {
      readonly kind: 'write'
      readonly mediaType: 'application/json' | 'application/octet-stream'
      /** The most bytes of the body. */
      readonly limit: number
      readonly answer: (body: Buffer, question: Question) => Promise<unknown>
    }
  | {
      readonly kind: 'stream'
      readonly answer: (response: ServerResponse) => void
    }

export type Routes = ReadonlyMap<string, Route>
