import { at, filled, ridge } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** Four soft ridges, each nearer and darker than the one before. */
export function drawHills(canvas: Canvas, horizon: number): string {
  const { height, palette } = canvas
  return palette.land
    .map((color, index) => {
      const top = (horizon + (1 - horizon) * 0.22 * index) * height
      return filled(ridge(canvas, top, height * (0.075 - index * 0.008)), color)
    })
    .join('')
}

/** Two ranges with snow on their peaks. */
export function drawMountains(canvas: Canvas): string {
  const { height, palette } = canvas
  return (
    range(canvas, { base: height * 0.74, tall: 0.44, color: palette.land[0], count: 3 }) +
    range(canvas, { base: height * 0.78, tall: 0.3, color: palette.land[1], count: 4 })
  )
}

function range(
  { width, height, palette, random }: Canvas,
  { base, tall, color, count }: { base: number; tall: number; color: string; count: number },
): string {
  return Array.from({ length: count }, (_, index) => {
    const x = ((index + random.between(0.1, 0.9)) / count) * width
    const peak = base - tall * random.between(0.6, 1) * height
    const left = x - random.between(0.16, 0.26) * width
    const right = x + random.between(0.16, 0.26) * width
    const cap = (base - peak) * 0.26
    const slope = (side: number, part: number, drop: number): string =>
      at(x + (side - x) * part, peak + cap * drop)
    const shade = `M${at(x, peak)}L${at(right, base)}H${(x - (x - left) * 0.2).toFixed(1)}L${slope(right, 0.1, 1.3)}z`
    const snow = `M${at(x, peak)}L${slope(left, 0.26, 1)}L${slope(left, 0.1, 0.75)}L${slope(left, 0, 1.25)}L${slope(right, 0.12, 0.7)}L${slope(right, 0.26, 1)}z`
    return [
      filled(`M${at(left, base)}L${at(x, peak)}L${at(right, base)}z`, color),
      filled(shade, palette.ink, 0.16),
      filled(snow, palette.paper, 0.88),
    ].join('')
  }).join('')
}

/** A few trees on both sides, so that the middle stays free. */
export function drawGrove({ width, height, palette, random }: Canvas, horizon: number): string {
  const trees = Array.from({ length: random.integer(4, 7) }, () => {
    const x = (random.next() < 0.5 ? random.between(0, 0.3) : random.between(0.7, 1)) * width
    const base = (horizon + random.between(-0.02, 0.06)) * height
    const size = random.between(0.09, 0.2) * height
    return random.next() < 0.5 ? pine(x, base, size) : poplar(x, base, size)
  })
  return filled(trees.join(''), palette.ink)
}

/** Three rows of pines, each nearer, taller and darker. */
export function drawForest(canvas: Canvas): string {
  const { width, height, palette, random } = canvas
  const rows = [
    { color: palette.land[1], base: 0.68, size: 0.2, count: 22 },
    { color: palette.land[2], base: 0.79, size: 0.3, count: 15 },
    { color: palette.land[3], base: 0.95, size: 0.46, count: 9 },
  ]
  return rows
    .map(({ color, base, size, count }) => {
      const trees = Array.from({ length: count }, (_, index) => {
        const x = ((index + random.between(-0.2, 1.2)) / count) * width
        return pine(x, base * height, size * random.between(0.6, 1.1) * height)
      })
      return filled(trees.join('') + ridge(canvas, (base - 0.01) * height, height * 0.012), color)
    })
    .join('')
}

/** Table mountains, with dunes in front and cacti. */
export function drawDesert(canvas: Canvas): string {
  const { width, height, palette, random } = canvas
  const mesas = Array.from({ length: random.integer(2, 3) }, (_, index) => {
    const x = random.between(0, 0.85) * width
    const base = height * 0.66
    const top = base - random.between(0.1, 0.24) * height
    const half = random.between(0.06, 0.13) * width
    const outline = `M${at(x - half * 1.5, base)}L${at(x - half, top)}H${(x + half).toFixed(1)}L${at(x + half * 1.6, base)}z`
    return filled(outline, palette.land[index === 0 ? 1 : 0])
  })
  const cacti = Array.from({ length: random.integer(1, 3) }, () => {
    const x = random.between(0.06, 0.94) * width
    const base = height * random.between(0.76, 0.82)
    return cactus(x, base, random.between(0.12, 0.22) * height, palette.accent)
  })
  return mesas.join('') + drawHills(canvas, 0.6) + cacti.join('')
}

function cactus(x: number, base: number, size: number, color: string): string {
  const long = (part: number): string => (size * part).toFixed(1)
  const arms = `M${at(x, base)}v${long(-1)}M${at(x, base - size * 0.45)}h${long(0.26)}v${long(-0.3)}M${at(x, base - size * 0.32)}h${long(-0.24)}v${long(-0.28)}`
  return `<path d="${arms}" fill="none" stroke="${color}" stroke-width="${long(0.12)}" stroke-linecap="round" stroke-linejoin="round"/>`
}

function pine(x: number, base: number, size: number): string {
  const tiers = [0.2, 0.42, 0.64].map((low, index) => {
    const half = size * (0.21 - index * 0.045)
    const bottom = base - size * (low - 0.1)
    return `M${at(x - half, bottom)}L${at(x, bottom - size * 0.46)}L${at(x + half, bottom)}z`
  })
  const half = size * 0.025
  return `M${at(x - half, base)}V${(base - size * 0.2).toFixed(1)}H${(x + half).toFixed(1)}V${base.toFixed(1)}z${tiers.join('')}`
}

function poplar(x: number, base: number, size: number): string {
  const [wide, tall] = [size * 0.24, size * 0.34]
  const arc = `a${at(wide, tall)} 0 0 1`
  const middle = base - size * 0.66
  const trunk = `M${at(x - size * 0.03, base)}L${at(x, middle)}L${at(x + size * 0.03, base)}z`
  return `${trunk}M${at(x - wide, middle)}${arc} ${at(wide * 2, 0)}${arc} ${at(-wide * 2, 0)}z`
}
