import type { ImageRequest } from './image-request.ts'
import { createRandom } from './drawing/random.ts'
import type { Fault } from './faults.ts'

/** A list of faults with the count of what they have done. */
export interface FaultScript {
  /** The fault that affects this request, if any. */
  next(request: Pick<ImageRequest, 'prompt' | 'model'>): Fault | undefined
}

export function createFaultScript(faults: readonly Fault[]): FaultScript {
  const lines = faults.map(createLine)
  return {
    next(request) {
      // Every fault sees every request, whichever one acts: its count does not depend on the others.
      let striking: (typeof lines)[number] | undefined
      for (const line of lines) {
        if (line.sees(request)) striking ??= line
      }
      return striking?.strike()
    },
  }
}

function createLine(fault: Fault) {
  const random = createRandom(`fault\n${fault.seed ?? 0}`)
  let seen = 0
  let struck = 0
  return {
    sees(request: Pick<ImageRequest, 'prompt' | 'model'>): boolean {
      if (!concerns(fault, request)) return false
      seen += 1
      if (fault.nth !== undefined && seen !== fault.nth) return false
      if (fault.from !== undefined && seen < fault.from) return false
      if (fault.probability !== undefined && random.next() >= fault.probability) return false
      return struck < (fault.times ?? Infinity)
    },
    strike(): Fault {
      struck += 1
      return fault
    },
  }
}

function concerns(
  fault: Fault,
  { prompt, model }: Pick<ImageRequest, 'prompt' | 'model'>,
): boolean {
  if (fault.model !== undefined && fault.model !== model) return false
  if (fault.match === undefined) return true
  // `search`, because a pattern with the flag `g` or `y` would continue where it last stopped.
  return typeof fault.match === 'string'
    ? prompt.includes(fault.match)
    : prompt.search(fault.match) >= 0
}
