import { useEffect, useRef } from 'preact/hooks'

/** In pixels of the page, from the corner of the element that is touched. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Gestures {
  readonly onZoom: (factor: number, at: Point) => void
  readonly onMove: (x: number, y: number) => void
  /** Twice on the same place. */
  readonly onDouble: (at: Point) => void
  /** Once, without moving. */
  readonly onPress: (at: Point) => void
  /** @returns whether dragging from here moves the edge of a swipe, and not the pictures. */
  readonly isEdge: (at: Point) => boolean
  readonly onEdge: (at: Point) => void
}

/** How far a finger trembles, in pixels. */
const STILL = 4

interface Held {
  readonly points: Map<number, Point>
  start: Point
  isEdge: boolean
  hasMoved: boolean
}

/** The wheel, pinching, dragging and pressing, as what they mean. */
export function useGestures(element: { current: HTMLElement | null }, gestures: Gestures): void {
  const newest = useRef(gestures)
  newest.current = gestures
  useEffect(() => {
    const target = element.current
    if (target === null) return undefined
    const held: Held = { points: new Map(), start: { x: 0, y: 0 }, isEdge: false, hasMoved: false }
    const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
      const { left, top } = target.getBoundingClientRect()
      return { x: clientX - left, y: clientY - top }
    }
    const wheel = (event: WheelEvent): void => {
      event.preventDefault()
      // Lines and pages in pixels; a pinch on a touchpad comes in small steps.
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30
      const amount = Math.max(-120, Math.min(120, event.deltaY * unit))
      newest.current.onZoom(Math.exp(-amount / (event.ctrlKey ? 60 : 240)), pointOf(event))
    }
    const down = (event: PointerEvent): void => {
      if (event.button !== 0 || event.target !== target) return
      const at = pointOf(event)
      target.setPointerCapture(event.pointerId)
      if (held.points.size === 0) {
        held.start = at
        held.hasMoved = false
        held.isEdge = newest.current.isEdge(at)
        if (held.isEdge) newest.current.onEdge(at)
      }
      held.points.set(event.pointerId, at)
    }
    const move = (event: PointerEvent): void => {
      const before = held.points.get(event.pointerId)
      if (before === undefined) return
      const at = pointOf(event)
      const moved = Math.hypot(at.x - held.start.x, at.y - held.start.y) > STILL
      if (!held.hasMoved && !moved) return
      held.hasMoved = true
      const old = [...held.points.values()]
      held.points.set(event.pointerId, at)
      const now = [...held.points.values()]
      const [first, second] = old
      const [firstNow, secondNow] = now
      if (first === undefined || firstNow === undefined) return
      if (second === undefined || secondNow === undefined) {
        if (held.isEdge) newest.current.onEdge(at)
        else newest.current.onMove(at.x - before.x, at.y - before.y)
        return
      }
      const [from, to] = [middleOf(first, second), middleOf(firstNow, secondNow)]
      newest.current.onMove(to.x - from.x, to.y - from.y)
      newest.current.onZoom(apart(firstNow, secondNow) / Math.max(1, apart(first, second)), to)
    }
    const up = (event: PointerEvent): void => {
      if (!held.points.delete(event.pointerId) || held.points.size > 0) return
      if (!held.hasMoved && !held.isEdge && event.type === 'pointerup') {
        newest.current.onPress(pointOf(event))
      }
    }
    const double = (event: MouseEvent): void => newest.current.onDouble(pointOf(event))
    target.addEventListener('wheel', wheel, { passive: false })
    target.addEventListener('pointerdown', down)
    target.addEventListener('pointermove', move)
    target.addEventListener('pointerup', up)
    target.addEventListener('pointercancel', up)
    target.addEventListener('dblclick', double)
    return () => {
      target.removeEventListener('wheel', wheel)
      target.removeEventListener('pointerdown', down)
      target.removeEventListener('pointermove', move)
      target.removeEventListener('pointerup', up)
      target.removeEventListener('pointercancel', up)
      target.removeEventListener('dblclick', double)
    }
  }, [])
}

function middleOf(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }
}

function apart(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
