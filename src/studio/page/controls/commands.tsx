import { createContext, type Provider } from 'preact'
import { useContext, useEffect, useRef } from 'preact/hooks'
import type { Command, Keys } from '../keys.ts'

const KeysContext = createContext<Keys | null>(null)

export const KeysProvider: Provider<Keys | null> = KeysContext.Provider

export function useKeys(): Keys {
  const keys = useContext(KeysContext)
  if (keys === null) throw new Error('Nothing listens to keys.')
  return keys
}

/** The keys of a view, as long as it is on the screen. What they do may change with every drawing; the keys do not. */
export function useCommands(commands: readonly Command[]): void {
  const keys = useKeys()
  const newest = useRef(commands)
  newest.current = commands
  const names = commands.map(({ key, does }) => `${key} ${does}`).join('\n')
  useEffect(
    () =>
      keys.add(
        newest.current.map(({ key, does, release }, index) => ({
          key,
          does,
          run: () => newest.current[index]?.run(),
          ...(release !== undefined && { release: () => newest.current[index]?.release?.() }),
        })),
      ),
    [keys, names],
  )
}
