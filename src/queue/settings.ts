/** Where the queue is and how it behaves, with every default filled in. */
export interface QueueSettings {
  /** `redis://…`, or ioredis' own options. */
  readonly connection: string | Readonly<Record<string, unknown>>
  /** Distinguishes queues on one server. */
  readonly name: string
  /** Milliseconds without a heartbeat after which a worker counts as dead. */
  readonly stalledAfter: number
  /** Milliseconds that the server may be away before a waiting run gives up. */
  readonly patience: number
}
