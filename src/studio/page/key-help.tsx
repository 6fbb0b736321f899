import type { JSX } from 'preact'
import type { Command } from './keys.ts'
import { useKeys } from './controls/commands.tsx'
import { Dialog } from './controls/dialog.tsx'
import { useStudio } from './studio.ts'

const SHOWN: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  'Shift+ArrowLeft': 'Shift ←',
  'Shift+ArrowRight': 'Shift →',
  'Shift+ArrowUp': 'Shift ↑',
  'Shift+ArrowDown': 'Shift ↓',
  R: 'Shift R',
  G: 'Shift G',
}

/** The keys that do something where one is. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const studio = useStudio()
  const commands = useKeys().commands()
  return (
    <Dialog title="Keys" cancel="Close" onClose={onClose}>
      <dl class="keys">
        {[...keysByWhatTheyDo(commands)].map(([does, keys]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{SHOWN[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={studio.address.value.singleKeys}
          onChange={({ currentTarget }) => studio.adjust({ singleKeys: currentTarget.checked })}
        />
        <span>Use single-letter keys</span>
      </label>
    </Dialog>
  )
}

function keysByWhatTheyDo(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>()
  for (const { does, key } of commands) keys.set(does, [...(keys.get(does) ?? []), key])
  return keys
}
