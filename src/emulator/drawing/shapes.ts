import type { Palette } from './palette.ts'
import type { Random } from './random.ts'

/** The size of a picture, and the tools to draw it. */
export interface Canvas {
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
  readonly palette: Palette
  readonly random: Random
}

/** A pair of coordinates in path data. */
export function at(x: number, y: number): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}

export function circle(x: number, y: number, radius: number, color: string, opacity = 1): string {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}"${paint(color, opacity)}/>`
}

/** A filled path. */
export function filled(data: string, color: string, opacity = 1): string {
  return `<path d="${data}"${paint(color, opacity)}/>`
}

/** A rectangle as path data. */
export function box(x: number, y: number, width: number, height: number): string {
  return `M${at(x, y)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`
}

/** A bar with round ends as path data. */
export function pill(x: number, y: number, length: number, thickness: number): string {
  const radius = thickness / 2
  const straight = Math.max(0, length - thickness)
  const end = (height: number): string => `a${at(radius, radius)} 0 0 1 ${at(0, height)}`
  return `M${at(x + radius, y)}h${straight.toFixed(1)}${end(thickness)}h${(-straight).toFixed(1)}${end(-thickness)}z`
}

/** Path data of everything below a smooth line that swings around `top`. */
export function ridge({ width, height, random }: Canvas, top: number, swing: number): string {
  const count = random.integer(3, 5)
  const step = width / count
  const levels = Array.from({ length: count + 1 }, () => top + random.between(-1, 1) * swing)
  const curve = levels.slice(1).map((level, index) => {
    const x = index * step
    return `C${at(x + step * 0.45, levels[index] ?? top)} ${at(x + step * 0.55, level)} ${at(x + step, level)}`
  })
  return `M${at(0, levels[0] ?? top)}${curve.join('')}V${height}H0z`
}

/** `fill-opacity` instead of `opacity`, which makes the renderer create a layer for every shape. */
function paint(color: string, opacity: number): string {
  return opacity === 1
    ? ` fill="${color}"`
    : ` fill="${color}" fill-opacity="${opacity.toFixed(2)}"`
}
