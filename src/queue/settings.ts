/** Where the queue is and how it behaves, every default filled in. */
export interface QueueSettings {
  /** `redis://…`, or ioredis' own options. */
  readonly connection: string | Readonly<Record<string, unknown>>
  /** Tells queues on one server apart. */
  readonly name: string
  /** Milliseconds without a sign of life after which a worker is taken for dead. */
  readonly stalledAfter: number
  /** Milliseconds that the server may be away before a run that waits for it gives up. */
  readonly patience: number
}
