import type { JSX } from 'preact'
import type { LeftOver, OriginalId } from '../../protocol-records.ts'
import { useStudio } from '../studio.ts'
import type { Cell } from '../wall/rows.ts'
import { timeOf } from '../words.ts'

interface OriginalTileProps {
  readonly cell: Cell<LeftOver & { readonly id: OriginalId }>
  readonly pictureHeight: number
  readonly isChosen: boolean
  /** Whether Tab leads here: to one tile of the list. */
  readonly isRoving: boolean
  readonly onChoose: (isOn: boolean) => void
  readonly onFocus: () => void
  readonly onLook: () => void
}

/** An original: its picture, what it was, and whether it is selected. */
export function OriginalTile(props: OriginalTileProps): JSX.Element {
  const studio = useStudio()
  const { cell, pictureHeight, isChosen, isRoving, onChoose, onFocus, onLook } = props
  const { tile, left, width } = cell
  const name = `${tile.name}, ${timeOf(tile.time)}`
  return (
    <div
      class="tile original"
      data-chosen={isChosen}
      title={tile.prompt ?? undefined}
      style={{ left: `${left}px`, width: `${width}px` }}
    >
      <span class="tile-picture" style={{ height: `${pictureHeight}px` }}>
        {tile.thumbnail === null ? (
          <span class="tile-empty">Not here</span>
        ) : (
          <img
            src={studio.picture(tile.thumbnail)}
            alt=""
            width={width}
            height={pictureHeight}
            loading="lazy"
            decoding="async"
            draggable={false}
          />
        )}
      </span>
      <span class="tile-caption">
        <button
          type="button"
          class="tile-name"
          aria-label={`Look at ${name}`}
          data-original={tile.original}
          tabIndex={isRoving ? 0 : -1}
          onFocus={onFocus}
          onClick={onLook}
        >
          {tile.name}
        </button>
        <span class="tile-told">{tile.prompt ?? timeOf(tile.time)}</span>
      </span>
      {studio.writable.value && (
        <input
          type="checkbox"
          class="original-check"
          aria-label={`Select ${name}`}
          tabIndex={isRoving ? 0 : -1}
          checked={isChosen}
          onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
        />
      )}
    </div>
  )
}
