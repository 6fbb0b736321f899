import { useEffect, useRef, useState } from 'preact/hooks'
import { LostError } from './connection.ts'
import { wordsOf } from './studio.ts'

/** What the server said to a question, as far as is known. */
export interface Answer<Value> {
  /** Stays until there is another one. */
  readonly value: Value | null
  readonly problem: string | null
}

/** Asks again whenever an input changes, or not at all while it is not wanted. */
export function useAnswer<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  inputs: readonly unknown[],
  isWanted = true,
): Answer<Value> {
  const [answer, setAnswer] = useState<Answer<Value>>({ value: null, problem: null })
  useEffect(() => {
    if (!isWanted) return undefined
    const left = new AbortController()
    const load = async (): Promise<void> => {
      try {
        const value = await ask(left.signal)
        if (!left.signal.aborted) setAnswer({ value, problem: null })
      } catch (error) {
        if (left.signal.aborted) return
        // The frame says that the connection is lost; what is on the screen stays until it is back.
        setAnswer(({ value }) =>
          error instanceof LostError && value !== null
            ? { value, problem: null }
            : { value: null, problem: wordsOf(error) },
        )
      }
    }
    void load()
    return () => left.abort()
  }, [...inputs, isWanted])
  return answer
}

/** Questions that take long are asked at most this part of the time. */
const SHARE = 5

/**
 * As `useAnswer`, for a question that the server reads a whole store for.
 *
 * @param often what changes with every picture of a run. Where the answer takes long, it is followed later.
 */
export function usePacedAnswer<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  often: unknown,
  inputs: readonly unknown[],
): Answer<Value> {
  const took = useRef(0)
  const followed = useRef(0)
  const [paced, setPaced] = useState(often)
  useEffect(() => {
    if (Object.is(paced, often)) return undefined
    const pause = followed.current + took.current * SHARE - performance.now()
    const timer = setTimeout(
      () => {
        followed.current = performance.now()
        setPaced(often)
      },
      Math.max(0, pause),
    )
    return () => clearTimeout(timer)
  }, [often, paced])
  return useAnswer(
    async (signal) => {
      const asked = performance.now()
      const value = await ask(signal)
      took.current = performance.now() - asked
      return value
    },
    [...inputs, paced],
  )
}
