/** A limit on requests in any period of a given length. */
export interface RateWindow {
  /** Whether one more request may pass now. If so, it counts from now on. */
  admit(): boolean
  reset(): void
}

/** A sliding window. A refused request does not count. `limit` 0 accepts everything. */
export function createRateWindow(options: {
  readonly limit: number
  /** Milliseconds. */
  readonly length: number
  readonly now: () => number
}): RateWindow {
  const { limit, length, now } = options
  let admitted: number[] = []
  return {
    admit() {
      if (limit === 0) return true
      const time = now()
      admitted = admitted.filter((earlier) => earlier > time - length)
      if (admitted.length >= limit) return false
      admitted.push(time)
      return true
    },
    reset() {
      admitted = []
    },
  }
}
