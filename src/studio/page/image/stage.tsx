import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { useCommands } from '../controls/commands.tsx'
import { useStudio, type CompareMode } from '../studio.ts'
import { FITTING, useZoom, zoomedAt, type Zoom } from './zoom.ts'

/** A picture that the stage can show. */
export interface StagePicture {
  readonly key: string
  readonly url: string
  readonly label: string
  readonly width: number
  readonly height: number
}

interface StageProps {
  /** Of the image: what is enlarged stays so until there is another one. */
  readonly image: string | null
  /** Kept drawn one above the other, so that changing between them shows nothing else in between. */
  readonly pictures: readonly StagePicture[]
  readonly shown: string | null
  /** What the shown picture is compared with. */
  readonly other: string | null
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

const MODE_WORDS: Readonly<Record<CompareMode, string>> = {
  beside: 'Side by side',
  all: 'All candidates',
  swipe: 'Swipe',
  difference: 'Difference',
}

/** The picture, as large as there is room, alone or with others. */
export function Stage(props: StageProps): JSX.Element {
  const { compare } = useStudio()
  const { pictures, shown, other } = props
  const [backdrop, setBackdrop] = useState(0)
  const [zoom, setZoom, handlers] = useZoom(props.image)
  const stage = useRef<HTMLDivElement>(null)
  const name = BACKDROPS[backdrop % BACKDROPS.length] ?? 'quiet'
  const picture = pictures.find(({ key }) => key === shown)
  const second = pictures.find(({ key }) => key === other)
  const canCompare = picture !== undefined && second !== undefined
  const mode = canCompare ? compare.value.mode : null

  const columns = columnsOf(mode, pictures.length, props.beside !== null)

  const showActual = (): void => {
    const pane = stage.current?.querySelector('.stage-pane')
    if (zoom.scale > 1 || picture === undefined || pane === null || pane === undefined) {
      return setZoom(FITTING)
    }
    const fitting = Math.min(
      (pane.clientWidth - 32) / picture.width,
      (pane.clientHeight - 68) / picture.height,
    )
    setZoom(zoomedAt(FITTING, 1 / (fitting * window.devicePixelRatio), 0, 0))
  }
  const toggleCompare = (): void => {
    const { mode: before, last } = compare.value
    compare.value = { mode: before === null ? last : null, last }
  }
  useCommands([
    { key: 'b', does: 'Change the backdrop', run: () => setBackdrop(backdrop + 1) },
    { key: 'z', does: 'Actual size', run: showActual },
    ...(canCompare ? [{ key: 'c', does: 'Compare', run: toggleCompare }] : []),
  ])
  return (
    <div class="stage" data-backdrop={name} ref={stage}>
      <div
        class="stage-panes"
        data-zoomed={zoom.scale > 1}
        style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
        {...handlers}
      >
        {mode === null && <Single {...props} zoom={zoom} />}
        {mode !== null && canCompare && (
          <Compared
            mode={mode}
            pictures={mode === 'all' ? pictures : [second, picture]}
            zoom={zoom}
          />
        )}
      </div>
      <div class="stage-tools">
        {canCompare && (
          <button
            type="button"
            class="button button-quiet"
            aria-keyshortcuts="c"
            aria-pressed={mode !== null}
            onClick={toggleCompare}
          >
            Compare
          </button>
        )}
        {mode !== null && (
          <select
            aria-label="How to compare"
            value={mode}
            onChange={({ currentTarget: { value } }) => {
              const next = (Object.keys(MODE_WORDS) as CompareMode[]).find((one) => one === value)
              if (next !== undefined) compare.value = { mode: next, last: next }
            }}
          >
            {Object.entries(MODE_WORDS).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          class="button button-quiet"
          aria-keyshortcuts="b"
          aria-description={name}
          title={name}
          onClick={() => setBackdrop(backdrop + 1)}
        >
          Backdrop
        </button>
        <button
          type="button"
          class="button button-quiet"
          aria-keyshortcuts="z"
          aria-pressed={zoom.scale > 1}
          onClick={showActual}
        >
          Actual size
        </button>
      </div>
    </div>
  )
}

/** Up to three pictures stand in a row. */
function columnsOf(mode: CompareMode | null, count: number, hasBeside: boolean): number {
  switch (mode) {
    case null:
      return hasBeside ? 2 : 1
    case 'beside':
      return 2
    case 'all':
      return count <= 3 ? count : Math.ceil(Math.sqrt(count))
    case 'swipe':
    case 'difference':
      return 1
  }
}

function planeOf({ scale, x, y }: Zoom): { readonly transform: string } {
  return { transform: `translate(${x}px, ${y}px) scale(${scale})` }
}

function Single({
  pictures,
  shown,
  beside,
  preview,
  empty,
  alt,
  zoom,
}: StageProps & { readonly zoom: Zoom }): JSX.Element {
  const isEmpty = pictures.every(({ key }) => key !== shown)
  return (
    <>
      <div class="stage-pane">
        {isEmpty && preview !== null && <img src={preview} alt={alt} />}
        {isEmpty && preview === null && <p class="stage-empty">{empty}</p>}
        <div class="stage-plane" style={planeOf(zoom)}>
          {pictures.map((picture) => (
            <img
              key={picture.key}
              src={picture.url}
              alt={picture.key === shown ? alt : ''}
              width={picture.width}
              height={picture.height}
              hidden={picture.key !== shown}
              decoding={picture.key === shown ? 'sync' : 'async'}
              draggable={false}
            />
          ))}
        </div>
      </div>
      {beside !== null && <Pane picture={beside} zoom={zoom} />}
    </>
  )
}

/** One picture with its name. */
function Pane({
  picture: { url, label, width, height },
  zoom,
}: {
  readonly picture: StagePicture
  readonly zoom: Zoom
}): JSX.Element {
  return (
    <div class="stage-pane">
      <div class="stage-plane" style={planeOf(zoom)}>
        <img src={url} alt={label} width={width} height={height} draggable={false} />
      </div>
      <p class="stage-label">
        <span>{label}</span>
      </p>
    </div>
  )
}

interface ComparedProps {
  readonly mode: CompareMode
  /** The one that the other is held against comes first. */
  readonly pictures: readonly StagePicture[]
  readonly zoom: Zoom
}

function Compared({ mode, pictures, zoom }: ComparedProps): JSX.Element {
  const [edge, setEdge] = useState(50)
  switch (mode) {
    case 'beside':
    case 'all':
      return (
        <>
          {pictures.map((picture) => (
            <Pane key={picture.key} picture={picture} zoom={zoom} />
          ))}
        </>
      )
    case 'swipe':
    case 'difference': {
      const isSwipe = mode === 'swipe'
      return (
        <div class="stage-pane" data-mode={mode}>
          {pictures.map(({ key, url, label, width, height }, index) => (
            <div
              key={key}
              class="stage-layer"
              style={isSwipe && index === 1 ? { clipPath: `inset(0 0 0 ${edge}%)` } : {}}
            >
              <div class="stage-plane" style={planeOf(zoom)}>
                <img src={url} alt={label} width={width} height={height} draggable={false} />
              </div>
            </div>
          ))}
          {isSwipe && (
            <>
              <span class="stage-edge" style={{ left: `${edge}%` }} />
              <input
                class="stage-swipe"
                type="range"
                min="0"
                max="100"
                aria-label="Where the pictures meet"
                value={edge}
                onInput={({ currentTarget }) => setEdge(Number(currentTarget.value))}
              />
            </>
          )}
          <p class="stage-label">
            <span>{pictures.map(({ label }) => label).join(isSwipe ? ' | ' : ' and ')}</span>
          </p>
        </div>
      )
    }
  }
}
