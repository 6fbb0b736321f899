import type { JSX } from 'preact'
import { useStudio } from '../studio.ts'
import { countOf } from '../words.ts'

/** The images that are set aside to be compared, as long as there are any. */
export function Selection(): JSX.Element | null {
  const studio = useStudio()
  const selected = studio.selected.value
  if (selected.length === 0) return null
  const names = selected.map((id) => studio.tiles.value.get(id)?.name ?? id)
  return (
    <div class="selection" role="group" aria-label="Selected images">
      <p class="selection-names">
        <strong>{countOf(selected.length, 'image')} selected:</strong> {names.join(', ')}
        {selected.length === 1 && <span class="quiet"> – select another to compare them</span>}
      </p>
      <button type="button" class="button button-quiet" onClick={() => studio.clearSelection()}>
        Clear
      </button>
      <button
        type="button"
        class="button button-primary"
        aria-keyshortcuts="c"
        disabled={selected.length < 2}
        onClick={() => studio.compareSelected()}
      >
        Compare
      </button>
    </div>
  )
}
