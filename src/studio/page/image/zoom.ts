import { useEffect, useState } from 'preact/hooks'

/** How the pictures of the stage are enlarged and moved: all of them in the same way. */
export interface Zoom {
  /** 1: as large as there is room. */
  readonly scale: number
  /** Pixels of the screen. */
  readonly x: number
  readonly y: number
}

export const FITTING: Zoom = { scale: 1, x: 0, y: 0 }

const LARGEST = 16

/** The zoom around a point, in pixels from the middle of the picture's place. */
export function zoomedAt(zoom: Zoom, factor: number, x: number, y: number): Zoom {
  const scale = Math.min(LARGEST, Math.max(1, zoom.scale * factor))
  if (scale === 1) return FITTING
  const by = scale / zoom.scale
  return { scale, x: x - (x - zoom.x) * by, y: y - (y - zoom.y) * by }
}

export function moved(zoom: Zoom, x: number, y: number): Zoom {
  return zoom.scale === 1 ? FITTING : { ...zoom, x: zoom.x + x, y: zoom.y + y }
}

export interface ZoomHandlers {
  readonly onWheel: (event: WheelEvent) => void
  readonly onPointerDown: (event: PointerEvent) => void
  readonly onPointerMove: (event: PointerEvent) => void
  readonly onPointerUp: () => void
}

/** Pinch or Ctrl with the wheel enlarges; the wheel and dragging move what is enlarged. */
export function useZoom(
  picture: string | null,
): readonly [zoom: Zoom, setZoom: (zoom: Zoom) => void, handlers: ZoomHandlers] {
  const [zoom, setZoom] = useState(FITTING)
  const [isHeld, setHeld] = useState(false)
  useEffect(() => setZoom(FITTING), [picture])
  return [
    zoom,
    setZoom,
    {
      onWheel(event) {
        if (!(event.currentTarget instanceof HTMLElement)) return
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault()
          const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
          const [x, y] = [event.clientX - left - width / 2, event.clientY - top - height / 2]
          setZoom(zoomedAt(zoom, Math.exp(-event.deltaY / 200), x, y))
        } else if (zoom.scale > 1) {
          event.preventDefault()
          setZoom(moved(zoom, -event.deltaX, -event.deltaY))
        }
      },
      onPointerDown(event) {
        // The edge of a swipe is dragged by itself.
        if (zoom.scale === 1 || event.target instanceof HTMLInputElement) return
        if (!(event.currentTarget instanceof HTMLElement)) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setHeld(true)
      },
      onPointerMove(event) {
        if (isHeld) setZoom(moved(zoom, event.movementX, event.movementY))
      },
      onPointerUp: () => setHeld(false),
    },
  ]
}
