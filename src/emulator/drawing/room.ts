import { at, box, filled, pill } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** A wall with shelves, and a window with something drawn by the caller behind it. */
export function drawRoom(canvas: Canvas, drawOutside: (canvas: Canvas) => string): string {
  const { width, height, palette, random } = canvas
  const floor = height * 0.78
  const left = width * random.between(0.32, 0.42)
  const top = height * 0.1
  const [wide, tall] = [width * 0.34, height * 0.5]
  const outside = drawOutside({ ...canvas, width: wide, height: tall })
  const frame = width / 90
  const bars = `${box(left, top, wide, tall)}M${at(left + wide / 2, top)}v${tall.toFixed(1)}M${at(left, top + tall * 0.4)}h${wide.toFixed(1)}`
  const light = `M${at(left, top + tall)}L${at(left - wide * 0.5, height)}h${wide.toFixed(1)}L${at(left + wide, top + tall)}z`
  return [
    filled(box(0, 0, width, height), palette.land[1]),
    filled(box(0, floor, width, height - floor), palette.land[3]),
    `<svg x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}">${outside}</svg>`,
    `<path d="${bars}" fill="none" stroke="${palette.paper}" stroke-width="${frame.toFixed(1)}"/>`,
    filled(pill(left - frame, top + tall + frame, wide + frame * 2, frame * 2), palette.paper),
    filled(light, palette.sun, 0.14),
    shelf(canvas, 0, left - width * 0.06, floor),
    shelf(canvas, left + wide + width * 0.06, width, floor),
  ].join('')
}

function shelf(canvas: Canvas, left: number, right: number, floor: number): string {
  const { height, palette } = canvas
  const board = height / 70
  const gap = (floor - height * 0.06) / 4
  const bases = [1, 2, 3, 4].map((row) => height * 0.06 + row * gap - board)
  return [
    filled(box(left, 0, right - left, floor), palette.land[3]),
    ...bases.map((base) => books(canvas, { left: left + board, right: right - board, base, gap })),
    filled(bases.map((base) => box(left, base, right - left, board)).join(''), palette.ink),
  ].join('')
}

function books(
  { width, palette, random }: Canvas,
  { left, right, base, gap }: { left: number; right: number; base: number; gap: number },
): string {
  const { accent, paper, sun, land, water } = palette
  const shown: string[] = []
  for (let x = left; x < right;) {
    const thick = random.between(0.008, 0.02) * width
    const tall = gap * random.between(0.5, 0.8)
    const color = random.pick([accent, paper, sun, land[0], land[2], water[1]])
    const spine = box(x, base - tall, Math.min(thick * 0.9, right - x), tall)
    if (random.next() < 0.88) shown.push(filled(spine, color, 0.85))
    x += thick
  }
  return shown.join('')
}
