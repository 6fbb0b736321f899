import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { heightOf, rowsWithin } from '../wall/rows.ts'

interface RowPlace {
  readonly top: number
  readonly height: number
}

interface VirtualRowsProps<Row extends RowPlace> {
  readonly rows: readonly Row[]
  readonly children: (row: Row) => ComponentChildren
  readonly keyOf: (row: Row) => string
  /** A row that is kept while it is out of sight, because the focus is in it. */
  readonly kept?: Row | undefined
  readonly onWidth?: (width: number) => void
  readonly class?: string
  /** Above the rows, and scrolled with them. */
  readonly head?: ComponentChildren
  /** Where to begin, and what to tell where the person is. */
  readonly scroll?: { current: number }
}

/** How far rows are drawn beyond what is seen, in pixels. */
const BEYOND = 800

/** A scrolled list that draws only the rows in sight. */
export function VirtualRows<Row extends RowPlace>({
  rows,
  children,
  keyOf,
  kept,
  onWidth,
  class: name = '',
  head,
  scroll,
}: VirtualRowsProps<Row>): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState<readonly [from: number, to: number]>([0, 1200])

  useLayoutEffect(() => {
    const outer = scroller.current
    const inner = list.current
    if (outer === null || inner === null) return undefined
    const look = (): void => {
      const from = outer.scrollTop - inner.offsetTop
      // In steps, so that most scrolling draws nothing.
      const step = BEYOND / 2
      setSight((before) => {
        const next = [
          Math.floor(from / step) * step - BEYOND,
          Math.ceil((from + outer.clientHeight) / step) * step + BEYOND,
        ] as const
        return before[0] === next[0] && before[1] === next[1] ? before : next
      })
      if (scroll !== undefined) scroll.current = outer.scrollTop
    }
    const measure = (): void => {
      onWidth?.(inner.clientWidth)
      look()
    }
    measure()
    if (scroll !== undefined) outer.scrollTop = scroll.current
    const sizes = new ResizeObserver(measure)
    sizes.observe(outer)
    outer.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      outer.removeEventListener('scroll', look)
    }
  }, [])

  const [first, end] = rowsWithin(rows, sight[0], sight[1])
  const seen = rows.slice(first, end)
  const drawn = kept === undefined || seen.includes(kept) ? seen : [...seen, kept]
  return (
    <div class={`scroller ${name}`} ref={scroller}>
      {head}
      <div class="rows" ref={list} style={{ height: `${heightOf(rows)}px` }}>
        {drawn.map((row) => (
          <div
            key={keyOf(row)}
            class="row"
            style={{ transform: `translateY(${row.top}px)`, height: `${row.height}px` }}
          >
            {children(row)}
          </div>
        ))}
      </div>
    </div>
  )
}
