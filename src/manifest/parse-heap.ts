/** Manifests that two threads take from, in memory that both see. */
export interface Heap {
  /** All of them, one behind the other. */
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array
  /** One number: the first that nobody has taken. */
  readonly next: Int32Array
}

/** Some manifests of a heap, by their indexes. */
export interface Taken {
  readonly first: number
  /** Behind the last one; `first` where none are left. */
  readonly end: number
}

/** So few that no thread waits long for the other's last ones. */
const AT_ONCE = 20

export function createHeap(all: readonly Uint8Array[]): Heap {
  const size = all.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(new SharedArrayBuffer(size))
  const ends = new Uint32Array(new SharedArrayBuffer(4 * all.length))
  let end = 0
  for (const [index, one] of all.entries()) {
    bytes.set(one, end)
    end += one.length
    ends[index] = end
  }
  return { bytes, ends, next: new Int32Array(new SharedArrayBuffer(4)) }
}

/** Takes some manifests, which nobody else is given then. */
export function takeSome({ ends, next }: Heap): Taken {
  const first = Math.min(Atomics.add(next, 0, AT_ONCE), ends.length)
  return { first, end: Math.min(first + AT_ONCE, ends.length) }
}

/** A copy of one manifest's bytes: decoders refuse memory that another thread may change. */
export function bytesAt({ bytes, ends }: Heap, index: number): Uint8Array {
  return bytes.slice(index === 0 ? 0 : ends[index - 1], ends[index])
}
