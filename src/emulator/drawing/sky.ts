import { at, box, circle, filled, pill } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** Sun or moon in its halo, stars at night, clouds, birds. */
export function drawSky(canvas: Canvas): string {
  const { width, height, palette, random } = canvas
  const x = random.between(0.2, 0.8) * width
  const y = random.between(0.18, 0.36) * height
  const radius = random.between(0.055, 0.085) * Math.min(width, height * 1.4)
  const halos = [4.2, 2.9, 1.8].map((scale) => circle(x, y, radius * scale, palette.sun, 0.13))
  return [
    filled(box(0, 0, width, height), 'url(#sky)'),
    palette.stars ? stars(canvas) : '',
    ...halos,
    circle(x, y, radius, palette.sun),
    clouds(canvas),
    birds(canvas),
  ].join('')
}

function stars({ width, height, palette, random }: Canvas): string {
  return Array.from({ length: 90 }, () =>
    circle(
      random.next() * width,
      random.next() ** 1.4 * height * 0.6,
      (random.between(0.5, 1.7) * width) / 1000,
      palette.paper,
      random.between(0.35, 0.95),
    ),
  ).join('')
}

function clouds({ width, height, palette, random }: Canvas): string {
  const shown = Array.from({ length: random.integer(2, 4) }, () => {
    const length = random.between(0.12, 0.26) * width
    const thickness = random.between(0.016, 0.026) * height
    const x = random.between(-0.05, 0.9) * width
    const y = random.between(0.08, 0.4) * height
    return [
      pill(x, y, length, thickness),
      pill(x + length * random.between(0.1, 0.3), y - thickness, length * 0.5, thickness),
      pill(x - length * 0.2, y + thickness, length * 0.62, thickness),
    ].join('')
  })
  return filled(shown.join(''), palette.paper, palette.stars ? 0.12 : 0.5)
}

function birds({ width, height, palette, random }: Canvas): string {
  const x = random.between(0.15, 0.75) * width
  const y = random.between(0.14, 0.34) * height
  const size = width / 60
  const shown = Array.from({ length: random.integer(0, 5) }, () => {
    const left = x + random.between(-4, 4) * size
    const top = y + random.between(-2, 2) * size
    const wing = size * random.between(0.5, 0.9)
    return `M${at(left - wing, top - wing * 0.4)}q${at(wing * 0.6, -wing * 0.2)} ${at(wing, wing * 0.5)}q${at(wing * 0.4, -wing * 0.7)} ${at(wing, -wing * 0.5)}`
  })
  return `<path d="${shown.join('')}" fill="none" stroke="${palette.ink}" stroke-width="${(size / 9).toFixed(1)}" stroke-linecap="round" stroke-opacity="0.6"/>`
}
