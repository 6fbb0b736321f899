import { drawDesert, drawForest, drawGrove, drawHills, drawMountains } from './country.ts'
import type { Random } from './random.ts'
import { type Canvas, at, box, circle, filled, pill } from './shapes.ts'

export type Place = 'hills' | 'mountains' | 'shore' | 'town' | 'forest' | 'desert' | 'room'

/** The place that the prompt's words suggest, otherwise a random one. */
export function choosePlace(prompt: string, random: Random): Place {
  const named = WORDS.find(([, words]) => words.test(prompt))
  return named?.[0] ?? random.pick(['hills', 'mountains', 'shore', 'town', 'forest', 'desert'])
}

const WORDS: ReadonlyArray<readonly [Place, RegExp]> = [
  ['room', /\b(library|room|kitchen|indoors?|interior|caf[eé]|office|desk|workshop|studio)\b/i],
  ['shore', /\b(sea|ocean|boats?|ships?|harbou?r|coast\w*|beach|island|lake|river|lighthouse)\b/i],
  ['town', /\b(city|town|street|skyline|roofs?|rooftops?|buildings?|market|tower)\b/i],
  ['forest', /\b(forest|woods?|trees?|jungle|pines?|grove|park)\b/i],
  ['desert', /\b(desert|dunes?|canyon|sand|mesa|mars)\b/i],
  ['mountains', /\b(mountains?|peaks?|alps|alpine|summit|cliffs?|volcan\w*|glacier)\b/i],
  ['hills', /\b(hills?|meadow|fields?|garden|valley|farm|village|countryside)\b/i],
]

/** Everything behind the people. */
export function drawPlace(place: Place, canvas: Canvas): string {
  return DRAW[place](canvas)
}

const DRAW: Readonly<Record<Place, (canvas: Canvas) => string>> = {
  hills: (canvas) => drawSky(canvas) + drawHills(canvas, 0.5) + drawGrove(canvas, 0.8),
  mountains: (canvas) =>
    drawSky(canvas) + drawMountains(canvas) + drawHills(canvas, 0.68) + drawGrove(canvas, 0.82),
  shore: (canvas) => drawSky(canvas) + drawShore(canvas),
  town: (canvas) => drawSky(canvas) + drawTown(canvas),
  forest: (canvas) => drawSky(canvas) + drawHills(canvas, 0.46) + drawForest(canvas),
  desert: (canvas) => drawSky(canvas) + drawDesert(canvas),
  room: (canvas) =>
    drawRoom(canvas, (view) => drawPlace(view.random.pick(['hills', 'mountains', 'town']), view)),
}

/** A wall with shelves, and a window with a scene that the caller draws behind it. */
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

/** Water up to the horizon, an island, boats, and a quay in front for a person. */
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

/** Light on the water, in strokes that get longer towards the front. */
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
