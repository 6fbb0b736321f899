import type { CompareMode } from './viewing.ts'
import { columnsFor, type Frame, type Room, type Size } from './zoom.ts'

/** Where one picture is drawn, in pixels of the screen from the corner of the stage. */
export interface Pane extends Frame {
  readonly index: number
  /** `under`: drawn and covered, so that it is there at once. */
  readonly role: 'shown' | 'reference' | 'more' | 'under'
  /** How much is cut off on the left and on the right. */
  readonly clip?: readonly [left: number, right: number]
}

export interface Label extends Frame {
  readonly index: number
  readonly role: Pane['role']
  readonly side: 'start' | 'end'
}

export interface Layout {
  readonly area: Frame
  /** What all pictures are fitted into: the size of the largest. */
  readonly box: Size
  /** Of every pane. */
  readonly room: Room
  readonly panes: readonly Pane[]
  readonly labels: readonly Label[]
  /** Where two pictures meet. */
  readonly edge: { readonly left: number; readonly top: number; readonly height: number }
}

interface Wanted {
  readonly mode: CompareMode
  readonly shown: number
  readonly other: number | null
  readonly sizes: readonly Size[]
  /** In percent. */
  readonly edge: number
  /** In pixels of the screen, of which `ratio` are one of the page. */
  readonly area: Size & { readonly ratio: number }
}

/** Of the page, in pixels. */
const LABEL = 28
const SLIDER = 26
const MARGIN = 12
const GAP = 2

/** Where each picture of a mode is. */
export function layoutOf({ mode, shown, other, sizes, edge, area }: Wanted): Layout {
  const pixels = (length: number): number => Math.round(length * area.ratio)
  const all = sizes.map((_, index) => index)
  const two = other === null ? [shown] : [other, shown]
  const seen = mode === 'all' ? all : two
  const box = largestOf(seen.flatMap((index) => sizes[index] ?? []))
  const roleOf = (index: number): Pane['role'] =>
    index === shown ? 'shown' : index === other ? 'reference' : 'more'
  const whole = { left: 0, top: 0, width: area.width, height: area.height }

  if (mode === 'beside' || mode === 'all') {
    const [gap, label] = [pixels(GAP), pixels(LABEL)]
    const columns = columnsFor(seen.length, box, area, gap, label)
    const rows = Math.ceil(seen.length / columns)
    const width = Math.max(1, Math.floor((area.width - gap * (columns - 1)) / columns))
    const height = Math.max(1, Math.floor((area.height - gap * (rows - 1)) / rows) - label)
    const places = seen.map((index, at) => ({
      index,
      left: (at % columns) * (width + gap),
      top: Math.floor(at / columns) * (height + label + gap),
    }))
    return {
      area: whole,
      box,
      room: { width, height, margin: pixels(MARGIN) },
      panes: places.map(({ index, left, top }) => ({
        index,
        role: roleOf(index),
        left,
        top: top + label,
        width,
        height,
      })),
      labels: places.map(({ index, left, top }) => ({
        index,
        role: roleOf(index),
        side: 'start',
        left,
        top,
        width,
        height: label,
      })),
      edge: { left: 0, top: 0, height: 0 },
    }
  }

  const label = sizes.length > 1 ? pixels(LABEL) : 0
  const pane = {
    left: 0,
    top: label,
    width: Math.max(1, area.width),
    height: Math.max(1, area.height - label - (mode === 'swipe' ? pixels(SLIDER) : 0)),
  }
  const meets = Math.round((pane.width * edge) / 100)
  const half = Math.floor(pane.width / 2)
  const labels = (mode === 'alone' ? [shown] : two).map((index, at) => ({
    index,
    role: roleOf(index),
    side: at === 0 ? ('start' as const) : ('end' as const),
    left: at === 0 ? 0 : half,
    top: 0,
    width: mode === 'alone' || other === null ? pane.width : half,
    height: label,
  }))
  return {
    area: whole,
    box,
    room: { width: pane.width, height: pane.height, margin: pixels(MARGIN) },
    panes: two.map((index) => ({
      ...pane,
      index,
      role: mode === 'alone' && index !== shown ? 'under' : roleOf(index),
      ...(mode === 'swipe' && {
        clip: index === shown ? ([meets, 0] as const) : ([0, pane.width - meets] as const),
      }),
    })),
    labels: label === 0 ? [] : labels,
    edge: { left: meets, top: pane.top, height: pane.height },
  }
}

/** By area, so that the picture with the most pixels is shown 1:1 at 100 %. */
function largestOf(sizes: readonly Size[]): Size {
  return sizes.reduce(
    (largest, size) => (size.width * size.height > largest.width * largest.height ? size : largest),
    { width: 1, height: 1 },
  )
}
