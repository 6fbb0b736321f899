import type { JSX } from 'preact'
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
        {commands.map(({ key, does }) => (
          <div key={`${key} ${does}`}>
            <dt>
              <kbd>{SHOWN[key] ?? key}</kbd>
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
