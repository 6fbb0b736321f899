import { at, box, filled } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** Three rows of houses, the nearer ones with lit windows, and a street. */
export function drawTown(canvas: Canvas): string {
  const { width, height, palette } = canvas
  return [
    row(canvas, { color: palette.land[0], tall: 0.5, wide: 0.055, lit: 0 }),
    row(canvas, { color: palette.land[1], tall: 0.4, wide: 0.075, lit: 0.25 }),
    row(canvas, { color: palette.land[2], tall: 0.3, wide: 0.1, lit: 0.5 }),
    filled(box(0, height * 0.8, width, height * 0.2), palette.land[3]),
  ].join('')
}

function row(
  canvas: Canvas,
  { color, tall, wide, lit }: { color: string; tall: number; wide: number; lit: number },
): string {
  const { width, height, palette, random } = canvas
  const base = height * 0.82
  const houses: string[] = []
  const windows: string[] = []
  for (let left = -0.02 * width; left < width;) {
    const breadth = wide * random.between(0.7, 1.4) * width
    const top = base - tall * random.between(0.55, 1.15) * height
    const gable = random.pick([0, 0, 0.25, 0.5]) * breadth
    houses.push(
      `M${at(left, base)}V${top.toFixed(1)}L${at(left + breadth / 2, top - gable)}L${at(left + breadth, top)}V${base.toFixed(1)}z`,
    )
    windows.push(litWindows(canvas, { left, right: left + breadth, top, base, lit }))
    left += breadth
  }
  return (
    filled(houses.join(''), color) +
    filled(windows.join(''), lit < 0.4 ? palette.sun : palette.accent, 0.8)
  )
}

function litWindows(
  { width, random }: Canvas,
  wall: { left: number; right: number; top: number; base: number; lit: number },
): string {
  const pane = width / 110
  const shown: string[] = []
  for (let y = wall.top + pane * 1.6; y < wall.base - pane * 2; y += pane * 2.3) {
    for (let x = wall.left + pane; x < wall.right - pane * 1.2; x += pane * 1.9) {
      if (random.next() < wall.lit) shown.push(box(x, y, pane * 0.8, pane * 1.2))
    }
  }
  return shown.join('')
}
