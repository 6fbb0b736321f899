import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useCommands } from '../controls/commands.tsx'
import { useArea } from './area.ts'
import { useGestures, type Point } from './gestures.ts'
import { layoutOf, type Layout } from './layout.ts'
import { MODE_WORDS, percentOf, StageTools } from './stage-tools.tsx'
import { BACKDROPS, type CompareMode, type Viewing } from './viewing.ts'
import {
  FITTING,
  frameOf,
  frameWithin,
  moved,
  scaleAfter,
  scaleOf,
  zoomedTo,
  type Size,
  type Zoom,
} from './zoom.ts'

/** A picture that can be looked at. Plain data: its address may be that of a file. */
export interface ComparedPicture {
  readonly label: string
  readonly url: string
  /** In pixels; 0: unknown until it is loaded. */
  readonly width: number
  readonly height: number
  /** Said after the label and the size. */
  readonly details?: string
  /** Default: the label. */
  readonly alt?: string
  /** A small one, where there are several to choose from; default: the picture. */
  readonly thumbnail?: string
}

interface StageProps {
  /** Kept drawn one above the other, so that changing between them shows nothing else in between. */
  readonly pictures: readonly ComparedPicture[]
  /** The one that is looked at. */
  readonly shown: number
  /** What it is held against. */
  readonly reference: number | null
  readonly mode: CompareMode
  /** In which ways the pictures can be compared here. */
  readonly modes: readonly CompareMode[]
  readonly viewing: Viewing
  readonly onChoose: (index: number) => void
  /** Said before the ways to compare. */
  readonly tools?: ComponentChildren
  /** In place of pictures, where there are none. */
  readonly children?: ComponentChildren
}

/** How near to the edge of a swipe a drag takes hold of it while the pictures are enlarged, in pixels. */
const EDGE = 20

/** How far a key moves the edge, in percent. */
const EDGE_STEP = 5

/** How far a key moves the pictures, as a part of their room. */
const PAN_STEP = 0.125

/** Pictures, alone or held against each other, enlarged and moved together. */
export function Stage(props: StageProps): JSX.Element {
  const { pictures, reference, viewing, children } = props
  const [isHeld, setHeld] = useState(false)
  const [sizes, setSizes] = useState<ReadonlyMap<string, Size>>(new Map())
  const panes = useRef<HTMLDivElement>(null)
  const area = useArea(panes)
  const isBlinking = isHeld && reference !== null
  // While the other one is shown, each stands in the place of the other.
  const [shown, other] = isBlinking ? [reference, props.shown] : [props.shown, reference]
  const mode = isBlinking && props.mode === 'difference' ? 'alone' : props.mode
  const sized = pictures.map((picture) => sizeOf(picture, sizes))
  const layout = layoutOf({ mode, shown, other, sizes: sized, edge: viewing.edge.value, area })
  const { box, room } = layout
  const { ratio } = area
  const zoom = viewing.zoom.value
  const scale = scaleOf(zoom, box, room)
  const frame = frameOf(zoom, box, room)
  const names = layout.panes.flatMap(({ index, role }) =>
    role === 'under' ? [] : (pictures[index]?.label ?? []),
  )
  // Several movements may come between two drawings: each continues from the one before it.
  const change = (next: (zoom: Zoom, scale: number) => Zoom): void => {
    const before = viewing.zoom.value
    viewing.zoom.value = next(before, scaleOf(before, box, room))
  }
  const inPane = (at: Point): { x: number; y: number; index: number | null } => {
    const [x, y] = [at.x * ratio, at.y * ratio]
    const hit = layout.panes.find(
      ({ left, top, width, height }) =>
        x >= left && x < left + width && y >= top && y < top + height,
    )
    const from = hit ?? { left: 0, top: 0, index: null }
    return { x: x - from.left, y: y - from.top, index: hit?.index ?? null }
  }
  const setEdge = (percent: number): void => {
    viewing.edge.value = Math.min(100, Math.max(0, percent))
  }
  const pan = (x: number, y: number): void => change((before) => moved(before, box, room, x, y))
  const step = (by: 1 | -1): void =>
    change((before, scale) => zoomedTo(before, scaleAfter(scale, by), box, room))
  const fit = (): void => change(() => FITTING)
  const showActual = (): void => change((before) => zoomedTo(before, 1, box, room))
  const toggleActual = (at?: { x: number; y: number }): void =>
    change((before) => (before.scale === null ? zoomedTo(before, 1, box, room, at) : FITTING))
  const nextBackdrop = (): void => {
    viewing.backdrop.value = after(BACKDROPS, viewing.backdrop.value)
  }
  const nextMode = (): void => {
    viewing.mode.value = after(props.modes, props.mode)
  }

  useEffect(() => {
    const stop = (): void => setHeld(false)
    window.addEventListener('blur', stop)
    return () => window.removeEventListener('blur', stop)
  }, [])
  useGestures(panes, {
    onZoom: (factor, at) =>
      change((before, scale) => zoomedTo(before, scale * factor, box, room, inPane(at))),
    onMove: (x, y) => pan(x * ratio, y * ratio),
    onDouble: (at) => toggleActual(inPane(at)),
    onPress(at) {
      const { index } = inPane(at)
      if (index !== null && (mode === 'beside' || mode === 'all')) props.onChoose(index)
    },
    isEdge(at) {
      if (mode !== 'swipe') return false
      const meets = (viewing.edge.value / 100) * (area.width / ratio)
      return zoom.scale === null || Math.abs(at.x - meets) < EDGE
    },
    onEdge: ({ x }) => setEdge((x * ratio * 100) / area.width),
  })

  const isThere = pictures.length > 0
  useCommands([
    ...(reference === null
      ? []
      : [
          {
            key: ' ',
            does: 'Hold to blink with the other picture',
            run: () => setHeld(true),
            release: () => setHeld(false),
          },
        ]),
    ...(mode === 'swipe'
      ? [
          {
            key: ',',
            does: 'Swipe to the left',
            run: () => setEdge(viewing.edge.value - EDGE_STEP),
          },
          {
            key: '.',
            does: 'Swipe to the right',
            run: () => setEdge(viewing.edge.value + EDGE_STEP),
          },
        ]
      : []),
    ...(props.modes.length > 1 ? [{ key: 'v', does: 'Next way to compare', run: nextMode }] : []),
    ...(isThere
      ? [
          { key: 'b', does: 'Change the backdrop', run: nextBackdrop },
          { key: 'z', does: 'Actual size', run: () => toggleActual() },
          { key: '0', does: 'Fit', run: fit },
          { key: '+', does: 'Enlarge', run: () => step(1) },
          { key: '=', does: 'Enlarge', run: () => step(1) },
          { key: '-', does: 'Reduce', run: () => step(-1) },
          ...PANS.map(([key, x, y]) => ({
            key,
            does: 'Move the picture',
            run: () => pan(x * room.width * PAN_STEP, y * room.height * PAN_STEP),
          })),
        ]
      : []),
  ])

  return (
    <div class="stage" data-backdrop={viewing.backdrop.value} data-mode={mode}>
      <div
        ref={panes}
        class="stage-panes"
        role="group"
        aria-label="Pictures"
        data-zoomed={zoom.scale !== null}
        data-amplified={mode === 'difference' && viewing.isAmplified.value}
      >
        {isThere ? (
          <Panes
            pictures={pictures}
            sizes={sized}
            layout={layout}
            frame={frame}
            ratio={ratio}
            isEnlarged={zoom.scale !== null}
            onSize={(url, size) => setSizes((before) => new Map(before).set(url, size))}
          />
        ) : (
          children
        )}
        {mode === 'swipe' && <Edge layout={layout} viewing={viewing} ratio={ratio} />}
      </div>
      <StageTools
        viewing={viewing}
        mode={props.mode}
        modes={props.modes}
        scale={isThere ? scale : null}
        canBlink={reference !== null}
        isBlinking={isBlinking}
        onBlink={setHeld}
        onStep={step}
        onFit={fit}
        onActual={showActual}
        onBackdrop={nextBackdrop}
      >
        {props.tools}
      </StageTools>
      <p class="hidden" role="status">
        {isThere && `${MODE_WORDS[mode]}: ${names.join(', ')}, ${percentOf(scale)}`}
      </p>
    </div>
  )
}

/** Shift with an arrow shows more of that side. */
const PANS = [
  ['Shift+ArrowLeft', 1, 0],
  ['Shift+ArrowRight', -1, 0],
  ['Shift+ArrowUp', 0, 1],
  ['Shift+ArrowDown', 0, -1],
] as const

function after<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length] ?? value
}

/** Unknown sizes are those of the loaded picture. */
function sizeOf({ url, width, height }: ComparedPicture, sizes: ReadonlyMap<string, Size>): Size {
  return width > 0 && height > 0 ? { width, height } : (sizes.get(url) ?? { width: 0, height: 0 })
}

interface PanesProps {
  readonly pictures: readonly ComparedPicture[]
  readonly sizes: readonly Size[]
  readonly layout: Layout
  readonly frame: Size & { readonly left: number; readonly top: number }
  readonly ratio: number
  readonly isEnlarged: boolean
  readonly onSize: (url: string, size: Size) => void
}

/**
 * Every picture has one element, whatever the mode: a change of mode, and blinking, only clips it or puts it in front, so
 * that nothing is loaded, decoded or laid out again.
 */
function Panes({
  pictures,
  sizes,
  layout,
  frame,
  ratio,
  isEnlarged,
  onSize,
}: PanesProps): JSX.Element {
  const areSizesDifferent = layout.panes.some(({ index }) => {
    const size = sizes[index]
    return size?.width !== layout.box.width || size.height !== layout.box.height
  })
  return (
    <>
      {pictures.map(({ url, label, alt = label }, index) => {
        const pane = layout.panes.find((one) => one.index === index)
        const size = sizes[index] ?? layout.box
        const within = frameWithin(size.width > 0 ? size : layout.box, frame)
        const isSeen = pane !== undefined && pane.role !== 'under'
        return (
          <div
            key={`${index} ${url}`}
            class="stage-pane"
            data-role={pane?.role ?? 'off'}
            style={{
              ...placed(pane ?? layout.panes[0] ?? layout.area, ratio),
              clipPath: clipOf(pane?.clip, ratio),
            }}
          >
            <img
              src={url}
              alt={isSeen ? alt : ''}
              decoding="sync"
              draggable={false}
              data-pixels={isEnlarged && within.width > size.width}
              style={placed(within, ratio)}
              onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
                if (size.width === 0) onSize(url, { width: naturalWidth, height: naturalHeight })
              }}
            />
          </div>
        )
      })}
      {layout.labels.map(({ index, ...place }) => {
        const picture = pictures[index]
        const size = sizes[index]
        if (picture === undefined || size === undefined) return null
        const scale = frameWithin(size.width > 0 ? size : layout.box, frame).width / size.width
        return (
          <p
            key={index}
            class="stage-label"
            data-side={place.side}
            data-looked-at={layout.panes.length > 2 && place.role === 'shown'}
            style={placed(place, ratio)}
          >
            <strong>{picture.label}</strong>
            {size.width > 0 && (areSizesDifferent || place.side === 'start') && (
              <span>
                {size.width} × {size.height}
                {areSizesDifferent && `, shown at ${percentOf(scale)}`}
              </span>
            )}
            {picture.details !== undefined && <span>{picture.details}</span>}
          </p>
        )
      })}
    </>
  )
}

function placed(
  { left, top, width, height }: Size & { readonly left: number; readonly top: number },
  ratio: number,
): { left: string; top: string; width: string; height: string } {
  const pixels = (length: number): string => `${length / ratio}px`
  return { left: pixels(left), top: pixels(top), width: pixels(width), height: pixels(height) }
}

function clipOf(clip: readonly [left: number, right: number] | undefined, ratio: number): string {
  return clip === undefined ? 'none' : `inset(0 ${clip[1] / ratio}px 0 ${clip[0] / ratio}px)`
}

/** The line where two pictures meet, and what moves it with the keyboard. */
function Edge({
  layout,
  viewing,
  ratio,
}: {
  readonly layout: Layout
  readonly viewing: Viewing
  readonly ratio: number
}): JSX.Element {
  const edge = viewing.edge.value
  const { left, top, height } = layout.edge
  return (
    <>
      {edge > 0 && edge < 100 && (
        <span
          class="stage-edge"
          style={{
            left: `${left / ratio}px`,
            top: `${top / ratio}px`,
            height: `${height / ratio}px`,
          }}
        />
      )}
      <input
        class="stage-swipe"
        type="range"
        min="0"
        max="100"
        step="1"
        aria-label="Where the pictures meet"
        aria-valuetext={`${Math.round(edge)} %`}
        value={edge}
        onInput={({ currentTarget }) => {
          viewing.edge.value = Number(currentTarget.value)
        }}
      />
    </>
  )
}
