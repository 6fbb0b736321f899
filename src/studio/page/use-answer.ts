import { useEffect, useState } from 'preact/hooks'
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
