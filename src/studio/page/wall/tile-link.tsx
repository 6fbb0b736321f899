import type { JSX } from 'preact'
import type { ImageProgress, Tile } from '../../protocol.ts'
import { useStudio } from '../studio.ts'
import { moneyOf, STATE_WORDS } from '../words.ts'
import type { Cell } from './rows.ts'

interface TileLinkProps {
  readonly cell: Cell
  readonly pictureHeight: number
  /** Whether Tab leads here: to one tile of the wall. */
  readonly isRoving: boolean
  readonly onFocus: () => void
}

/** An image on the wall: its picture, its name, and what is not as it should be. */
export function TileLink({ cell, pictureHeight, isRoving, onFocus }: TileLinkProps): JSX.Element {
  const studio = useStudio()
  const { tile, left, width } = cell
  const progress = studio.progress.value.get(tile.id)
  const isBusy = progress !== undefined && ['asked', 'arrived', 'retrying'].includes(progress.at)
  const told = tellTile(tile, progress)
  return (
    <a
      class="tile"
      href={studio.hrefOf({ view: 'image', id: tile.id })}
      aria-label={tile.id}
      aria-description={told}
      title={tile.prompt ?? undefined}
      data-tile={tile.id}
      data-state={tile.state}
      tabIndex={isRoving ? 0 : -1}
      style={{ left: `${left}px`, width: `${width}px` }}
      onFocus={onFocus}
    >
      <span class="tile-picture" style={{ height: `${pictureHeight}px` }}>
        {tile.thumbnail === null ? (
          <span class="tile-empty">{isBusy ? '' : STATE_WORDS[tile.state]}</span>
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
        {isBusy && <span class="tile-busy" />}
        {tile.candidates > 1 && (
          <span class="tile-count">
            {tile.pick}/{tile.candidates}
          </span>
        )}
      </span>
      <span class="tile-caption">
        <span class="tile-name">{tile.name}</span>
        <span class="tile-told">{told}</span>
      </span>
    </a>
  )
}

/** What a person should know of it; nothing where everything is as it should be. */
function tellTile(tile: Tile, progress: ImageProgress | undefined): string {
  if (progress !== undefined) {
    switch (progress.at) {
      case 'waiting':
        return 'Waiting'
      case 'asked':
        return 'Being made'
      case 'retrying':
        return 'Asked again'
      case 'arrived':
        return 'Arrived'
      case 'failed':
        return 'Failed'
      case 'stored':
      case 'not-asked':
        break
    }
  }
  if (tile.state === 'current') {
    return tile.width === null || tile.height === null ? '' : `${tile.width} × ${tile.height}`
  }
  const price = tile.usd === 0 ? [] : [moneyOf(tile.usd)]
  return [STATE_WORDS[tile.state], ...price].join(', ')
}
