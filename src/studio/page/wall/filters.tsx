import type { JSX } from 'preact'
import type { TileState } from '../../protocol.ts'
import type { WallChoice, WallSort } from '../address.ts'
import { useStudio } from '../studio.ts'
import { countOf, STATE_WORDS } from '../words.ts'

const SORT_WORDS: Readonly<Record<WallSort, string>> = {
  written: 'As written',
  name: 'Name',
  time: 'Newest',
  size: 'Largest',
}

/** Which images the wall shows, in which order, how large. */
export function Filters({ count }: { readonly count: number }): JSX.Element {
  const studio = useStudio()
  const { project, address } = studio
  const { wall } = address.value
  const choose = (change: Partial<WallChoice>): void =>
    studio.adjust({ wall: { ...wall, ...change } })
  const states = Object.entries(project.value?.states ?? {}) as ReadonlyArray<[TileState, number]>
  const models = project.value?.models ?? []
  return (
    <search class="filters">
      <input
        type="search"
        aria-label="Search"
        placeholder="Search id, prompt, alt"
        aria-keyshortcuts="/"
        value={wall.text}
        onInput={({ currentTarget }) => choose({ text: currentTarget.value })}
      />
      <select
        aria-label="State"
        value={wall.state ?? ''}
        onChange={({ currentTarget: { value } }) =>
          choose({ state: states.find(([state]) => state === value)?.[0] ?? null })
        }
      >
        <option value="">Every state</option>
        {states.map(([state, count]) => (
          <option key={state} value={state} disabled={count === 0 && state !== wall.state}>
            {STATE_WORDS[state]} ({count.toLocaleString('en')})
          </option>
        ))}
      </select>
      {models.length > 1 && (
        <select
          aria-label="Model"
          value={wall.model ?? ''}
          onChange={({ currentTarget: { value } }) =>
            choose({ model: value === '' ? null : value })
          }
        >
          <option value="">Every model</option>
          {models.map((model) => (
            <option key={model}>{model}</option>
          ))}
        </select>
      )}
      <select
        aria-label="Order"
        value={wall.sort}
        onChange={({ currentTarget: { value } }) =>
          choose({
            sort: (Object.keys(SORT_WORDS) as WallSort[]).find((one) => one === value) ?? 'written',
          })
        }
      >
        {Object.entries(SORT_WORDS).map(([sort, words]) => (
          <option key={sort} value={sort}>
            {words}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={wall.density === 'compact'}
          onChange={({ currentTarget }) =>
            choose({ density: currentTarget.checked ? 'compact' : 'comfortable' })
          }
        />
        <span>Compact</span>
      </label>
      <Count count={count} />
    </search>
  )
}

/** How many images are shown, or how far loading them is. */
function Count({ count }: { readonly count: number }): JSX.Element {
  const { project, loading, tiles } = useStudio()
  const known = project.value
  if (known === null) return <p class="quiet wall-count">Loading …</p>
  if (loading.value !== null) {
    return (
      <p class="quiet wall-count">
        {tiles.value.size.toLocaleString('en')} of {countOf(loading.value, 'image')} loaded
      </p>
    )
  }
  return (
    <p class="quiet wall-count">
      {count === known.images
        ? countOf(count, 'image')
        : `${count.toLocaleString('en')} of ${countOf(known.images, 'image')}`}
    </p>
  )
}
