/** A key and what it does, where it does something. */
export interface Command {
  /** As `KeyboardEvent.key` names it; an arrow with Shift is `Shift+ArrowLeft`. */
  readonly key: string
  readonly does: string
  readonly run: () => void
  /** Of the key's release, for what lasts as long as it is held. */
  readonly release?: () => void
}

/** The commands of what is on the screen: the newest first, since a view stands before the frame around it. */
export interface Keys {
  /** @returns what takes them away again. */
  add(commands: readonly Command[]): () => void
  commands(): readonly Command[]
}

/** Keys that are no characters: they stay when single-letter keys are turned off. */
const NAMED = new Set(['Escape', 'Enter', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'])

/** @param hasSingleKeys whether keys without a modifier are commands. */
export function listenToKeys(hasSingleKeys: () => boolean, window: Window): Keys {
  let sets: ReadonlyArray<readonly Command[]> = []
  const find = (event: KeyboardEvent): Command | undefined => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined
    if (!NAMED.has(event.key) && !hasSingleKeys()) return undefined
    // A dialog has its own keys, and so has whatever takes text.
    if (window.document.querySelector('dialog[open]') !== null) return undefined
    if (event.key !== 'Escape' && takesText(event.target)) return undefined
    if (event.key.startsWith('Arrow') && hasArrows(event)) return undefined
    if ((event.key === ' ' || event.key === 'Enter') && isPressed(event.target)) return undefined
    const name = nameOf(event)
    return sets.flat().find(({ key }) => key === name)
  }
  window.addEventListener('keydown', (event) => {
    const command = find(event)
    if (command === undefined) return
    event.preventDefault()
    if (!event.repeat || command.release === undefined) command.run()
  })
  window.addEventListener('keyup', ({ key }) => {
    sets
      .flat()
      .find((command) => command.key === key)
      ?.release?.()
  })
  return {
    add(commands) {
      sets = [commands, ...sets]
      return () => {
        sets = sets.filter((set) => set !== commands)
      }
    },
    commands: () => sets.flat(),
  }
}

function nameOf({ key, shiftKey }: KeyboardEvent): string {
  return shiftKey && key.startsWith('Arrow') ? `Shift+${key}` : key
}

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement)
    return !['radio', 'checkbox', 'file', 'range'].includes(target.type)
  if (target instanceof HTMLTextAreaElement) return !target.readOnly
  return target instanceof HTMLSelectElement || target.isContentEditable
}

/** Where arrows move something already: a caret, or without Shift the choice among radio buttons. */
function hasArrows({ target, shiftKey }: KeyboardEvent): boolean {
  if (target instanceof HTMLInputElement) return !shiftKey
  return target instanceof HTMLTextAreaElement
}

/** What Space or Enter presses by itself. */
function isPressed(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return target.type === 'checkbox'
  return target.closest('a, button, summary, select') !== null
}
