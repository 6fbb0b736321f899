import { onTestFinished } from 'vitest'

/** What is said on the console from now on to the end of the test. */
export function listenToConsole(): readonly string[] {
  const said: string[] = []
  const { error } = console
  console.error = (...parts: unknown[]) => void said.push(parts.join(' '))
  onTestFinished(() => {
    console.error = error
  })
  return said
}
