import type { JSX } from 'preact'
import type { ImageProgress, Tile } from '../../protocol.ts'
import { progressWords } from '../progress-words.ts'
import { useStudio } from '../studio.ts'
import { moneyOf, STATE_WORDS } from '../words.ts'
import type { Cell } from './rows.ts'

interface TileLinkProps {
  readonly cell: Cell
  readonly pictureHeight: number
  /** Whether Tab leads here: to one tile of the wall. */
  readonly isRoving: boolean
  /** Whether a file is dragged over it. */
  readonly isOver: boolean
  readonly onFocus: () => void
}

/** An image on the wall: its picture, its name, and what is not as it should be. The link covers all of it. */
export function TileLink({
  cell,
  pictureHeight,
  isRoving,
  isOver,
  onFocus,
}: TileLinkProps): JSX.Element {
  const studio = useStudio()
  const { tile, left, width } = cell
  const progress = studio.progress.value.get(tile.id)
  const isBusy = progress !== undefined && ['asked', 'arrived', 'retrying'].includes(progress.at)
  const inPlace = tile.thumbnail === null && !isBusy ? STATE_WORDS[tile.state] : ''
  const told = tellTile(tile, progress)
  // The empty place of a picture says the state already.
  const below = told.filter((words) => words !== inPlace).join(', ')
  const isSelected = studio.selected.value.includes(tile.id)
  return (
    <div
      class="tile"
      data-state={tile.state}
      data-selected={isSelected}
      title={tile.prompt ?? undefined}
      style={{ left: `${left}px`, width: `${width}px` }}
    >
      {tile.thumbnail !== null && (
        <label class="tile-select">
          <input
            type="checkbox"
            aria-label={`Select ${tile.id}`}
            checked={isSelected}
            tabIndex={isRoving ? 0 : -1}
            onChange={({ currentTarget }) => studio.select(tile.id, currentTarget.checked)}
          />
        </label>
      )}
      <span class="tile-picture" style={{ height: `${pictureHeight}px` }}>
        {tile.thumbnail === null ? (
          <span class="tile-empty">{inPlace}</span>
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
        {isOver && <span class="tile-drop">Adopt</span>}
        {isBusy && <span class="tile-busy" />}
        {tile.candidates > 1 && (
          <span class="tile-count">
            {tile.pick}/{tile.candidates}
          </span>
        )}
      </span>
      <span class="tile-caption">
        <a
          class="tile-name"
          href={studio.hrefOf({ view: 'image', id: tile.id })}
          aria-label={tile.id}
          aria-description={told.length === 0 ? undefined : told.join(', ')}
          data-tile={tile.id}
          tabIndex={isRoving ? 0 : -1}
          onFocus={onFocus}
        >
          {tile.name}
        </a>
        <span class="tile-told">{below}</span>
      </span>
    </div>
  )
}

/** What a person should know of it; nothing where everything is as it should be. */
function tellTile(tile: Tile, progress: ImageProgress | undefined): readonly string[] {
  if (progress !== undefined && progress.at !== 'stored' && progress.at !== 'not-asked') {
    return [progressWords(progress).title]
  }
  if (tile.state === 'current') {
    return tile.width === null || tile.height === null ? [] : [`${tile.width} × ${tile.height}`]
  }
  return [STATE_WORDS[tile.state], ...(tile.usd === 0 ? [] : [moneyOf(tile.usd)])]
}
