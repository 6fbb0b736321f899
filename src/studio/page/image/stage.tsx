import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useCommands } from '../controls/commands.tsx'

/** A picture that the stage can show. */
export interface StagePicture {
  readonly key: string
  readonly url: string
  readonly label: string
  readonly width: number
  readonly height: number
}

interface StageProps {
  /** Kept drawn one above the other, so that changing between them shows nothing else in between. */
  readonly pictures: readonly StagePicture[]
  readonly shown: string | null
  /** A finished file beside the picture. */
  readonly beside: StagePicture | null
  /** Small, and here already. */
  readonly preview: string | null
  /** Where there is no picture. */
  readonly empty: string
  readonly alt: string
}

/** Around a picture nothing has a colour, so that nothing changes how it looks. */
const BACKDROPS = ['quiet', 'light', 'dark', 'checkerboard'] as const

/** The picture, as large as there is room. */
export function Stage({ pictures, shown, beside, preview, empty, alt }: StageProps): JSX.Element {
  const [backdrop, setBackdrop] = useState(0)
  const [isActual, setActual] = useState(false)
  const name = BACKDROPS[backdrop % BACKDROPS.length] ?? 'quiet'
  useCommands([
    { key: 'b', does: 'Change the backdrop', run: () => setBackdrop(backdrop + 1) },
    { key: 'z', does: 'Actual size', run: () => setActual(!isActual) },
  ])
  const picture = pictures.find(({ key }) => key === shown)
  return (
    <div class="stage" data-backdrop={name} data-size={isActual ? 'actual' : 'fit'}>
      <div class="stage-panes">
        <div class="stage-pane">
          {picture === undefined && preview !== null && <img src={preview} alt={alt} />}
          {picture === undefined && preview === null && <p class="stage-empty">{empty}</p>}
          {pictures.map(({ key, url, width, height }) => (
            <img
              key={key}
              src={url}
              alt={key === shown ? alt : ''}
              width={width}
              height={height}
              hidden={key !== shown}
              decoding={key === shown ? 'sync' : 'async'}
              draggable={false}
            />
          ))}
        </div>
        {beside !== null && (
          <div class="stage-pane">
            <img
              src={beside.url}
              alt={beside.label}
              width={beside.width}
              height={beside.height}
              draggable={false}
            />
            <p class="stage-label">{beside.label}</p>
          </div>
        )}
      </div>
      <div class="stage-tools">
        <button
          type="button"
          class="button button-quiet"
          aria-keyshortcuts="b"
          onClick={() => setBackdrop(backdrop + 1)}
        >
          Backdrop: {name}
        </button>
        <button
          type="button"
          class="button button-quiet"
          aria-keyshortcuts="z"
          aria-pressed={isActual}
          onClick={() => setActual(!isActual)}
        >
          Actual size
        </button>
      </div>
    </div>
  )
}
