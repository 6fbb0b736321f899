import { at, box, filled, pill } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** Water up to the horizon, an island, boats, and a quay in front for whoever stands there. */
export function drawShore(canvas: Canvas): string {
  const { width, height, palette, random } = canvas
  const horizon = height * random.between(0.52, 0.6)
  const boats = Array.from({ length: random.integer(1, 3) }, (_, index) => {
    const size = (0.09 + index * 0.07) * height
    const base = horizon + size * random.between(0.5, 0.9)
    return boat(canvas, random.between(0.12, 0.88) * width, base, size)
  })
  const planks = Array.from({ length: 9 }, (_, index) =>
    box((index + 0.5) * (width / 9), height * 0.79, width / 500, height * 0.21),
  )
  return [
    filled(headland(canvas, horizon), palette.land[1]),
    filled(box(0, horizon, width, height - horizon), 'url(#water)'),
    filled(glints(canvas, horizon), palette.paper, 0.3),
    boats.join(''),
    filled(box(0, height * 0.78, width, height * 0.22), palette.land[3]),
    filled(planks.join('') + box(0, height * 0.78, width, height * 0.012), palette.ink, 0.5),
  ].join('')
}

/** Light on the water, in longer strokes the nearer it is. */
function glints({ width, height, random }: Canvas, horizon: number): string {
  return Array.from({ length: 26 }, () => {
    const depth = random.next()
    const x = random.between(-0.05, 1) * width
    const y = horizon + depth ** 1.3 * (height - horizon)
    return pill(x, y, (0.02 + depth * 0.1) * width, (0.002 + depth * 0.004) * height)
  }).join('')
}

function headland({ width, height, random }: Canvas, horizon: number): string {
  const left = random.between(0, 0.6) * width
  const length = random.between(0.3, 0.5) * width
  const tall = random.between(0.08, 0.16) * height
  return `M${at(left, horizon)}q${at(length * 0.2, -tall)} ${at(length * 0.42, -tall * 0.8)}t${at(length * 0.3, tall * 0.3)}t${at(length * 0.28, tall * 0.5)}z`
}

function boat({ palette }: Canvas, x: number, base: number, size: number): string {
  const by = (right: number, down: number): string => at(size * right, size * down)
  const mast = base - size * 0.2
  const sail = `M${at(x, mast)}l${by(0, -0.85)}q${by(0.42, 0.36)} ${by(0.44, 0.8)}z`
  const jib = `M${at(x - size * 0.05, mast)}l${by(0, -0.72)}q${by(-0.3, 0.4)} ${by(-0.34, 0.7)}z`
  const hull = `M${at(x - size * 0.5, base - size * 0.16)}l${by(1.06, 0)}q${by(-0.1, 0.2)} ${by(-0.26, 0.2)}l${by(-0.56, 0)}q${by(-0.16, 0)} ${by(-0.24, -0.2)}z`
  return filled(sail, palette.accent) + filled(jib, palette.paper) + filled(hull, palette.ink)
}
