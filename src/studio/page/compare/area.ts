import { useLayoutEffect, useState } from 'preact/hooks'
import type { Size } from './zoom.ts'

/** The size of an element in pixels of the screen, and how many of them are one of the page. */
export function useArea(element: {
  current: HTMLElement | null
}): Size & { readonly ratio: number } {
  const [area, setArea] = useState({ width: 0, height: 0, ratio: 1 })
  useLayoutEffect(() => {
    const target = element.current
    if (target === null) return undefined
    const measure = (): void => {
      const ratio = window.devicePixelRatio
      const [width, height] = [target.clientWidth * ratio, target.clientHeight * ratio]
      setArea({ width: Math.floor(width), height: Math.floor(height), ratio })
    }
    // Another screen may have other pixels, where the size of the page stays.
    let screen: MediaQueryList | undefined
    const look = (): void => {
      screen?.removeEventListener('change', look)
      screen = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
      screen.addEventListener('change', look)
      measure()
    }
    look()
    const changes = new ResizeObserver(measure)
    changes.observe(target)
    return () => {
      screen?.removeEventListener('change', look)
      changes.disconnect()
    }
  }, [])
  return area
}
