import { PIXEL_LIMIT } from './pixel-limit.ts'

/*
 * Estimates what an SVG costs to draw, from its text. Nothing stops librsvg once it draws, not even a time-out of
 * sharp. All figures were measured with librsvg 2.60: a unit of `layers` is about half a second a megapixel.
 */

/** What drawing a part of an SVG costs. */
export interface Work {
  /** Followed references: `<use>`, masks, patterns, filters. */
  references: number
  /** Segments of paths, polygons and polylines. */
  segments: number
  /**
   * For each path, the square of the number of edges that a row of pixels meets. Drawing time grows with this number
   * times the area.
   */
  edges: number
  /** Filters and masks, in units for each megapixel of the canvas. */
  layers: number
}

export function noWork(): Work {
  return { references: 0, segments: 0, edges: 0, layers: 0 }
}

/** Adds one cost to another. */
export function addWork(to: Work, more: Readonly<Work>): void {
  to.references += more.references
  to.segments += more.segments
  to.edges += more.edges
  to.layers += more.layers
}

/** The cost of one element alone. */
export function workOf(name: string, attributes: Attributes): Work {
  const work = noWork()
  const local = name.slice(name.indexOf(':') + 1)
  if (local === 'path') addPath(work, attributes.get('d') ?? '')
  else if (local === 'polygon' || local === 'polyline') {
    addPath(work, `M${attributes.get('points') ?? ''}`)
  } else if (local === 'mask') work.layers += 0.1
  else if (local.startsWith('fe')) work.layers += layersOf(local, attributes)
  return work
}

/** The area of an SVG's canvas in pixels. An SVG that does not state it counts as one megapixel. */
export function canvasOf(attributes: Attributes): number {
  const viewBox = (attributes.get('viewBox') ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  const width = lengthOf(attributes.get('width') ?? '') ?? viewBox[2]
  const height = lengthOf(attributes.get('height') ?? '') ?? viewBox[3]
  const area = (width ?? 1000) * (height ?? 1000)
  // A larger SVG is refused for its size.
  return Number.isFinite(area) ? Math.min(Math.max(area, 1), PIXEL_LIMIT) : PIXEL_LIMIT
}

/** The attributes of an element, by name. */
export type Attributes = ReadonlyMap<string, string>

const ATTRIBUTE_TOKEN = /[^\s=/"'<>]+|=|"([^"]*)"|'([^']*)'/g

/** Reads a tag after its name. It skips every value as a whole, because a value contains no attributes. */
export function attributesOf(text: string): Attributes {
  const attributes = new Map<string, string>()
  let name = ''
  let isAssigned = false
  for (const [token, double, single] of text.matchAll(ATTRIBUTE_TOKEN)) {
    const value = double ?? single
    if (value !== undefined) {
      if (isAssigned && !attributes.has(name)) attributes.set(name, withCharacters(value))
      isAssigned = false
    } else if (token === '=') isAssigned = true
    else {
      name = token
      isAssigned = false
    }
  }
  return attributes
}

/** The value with character references, such as `&#35;`, replaced. */
function withCharacters(value: string): string {
  if (!value.includes('&#')) return value
  return value.replaceAll(
    /&#(?:x([\da-f]{1,6})|(\d{1,7}));/gi,
    (written, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : written
    },
  )
}

/** The pixels of a unit, at the 72 dots an inch that sharp draws with. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 1.34,
  pc: 16,
  mm: 3.78,
  cm: 37.8,
  in: 96,
  em: 16,
  ex: 8,
}

function lengthOf(text: string): number | undefined {
  const [, number = '', unit = ''] =
    /^\s*\+?([\d.]+(?:e[-+]?\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const factor = UNITS[unit.toLowerCase()]
  return number === '' || factor === undefined ? undefined : Number(number) * factor
}

function layersOf(primitive: string, attributes: Attributes): number {
  const number = (name: string): number =>
    Math.abs(Number.parseFloat(attributes.get(name) ?? '')) || 1
  switch (primitive) {
    case 'feTurbulence':
      return 0.5 + 0.3 * Math.min(number('numOctaves'), 20)
    case 'feMorphology':
      return 2 + 0.2 * number('radius')
    case 'feDisplacementMap':
      return 2
    case 'feConvolveMatrix':
      return 0.1 * number('order') ** 2
    case 'feDiffuseLighting':
    case 'feSpecularLighting':
      return 1
    case 'feGaussianBlur':
      return 0.5
    default:
      return /^fe(?:Func|Merge(?:Node)|.*Light$)/.test(primitive) ? 0 : 0.2
  }
}

/** The numbers that each command takes for one segment. */
const TAKES: Readonly<Record<string, number>> = { h: 1, v: 1, c: 6, s: 4, q: 4, a: 7 }
const TOKEN = /([a-df-z])|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi

/** Follows a path from top to bottom roughly: only the number of times that rows meet it matters. */
function addPath(work: Work, d: string): void {
  let command = 'M'
  let given: number[] = []
  let segments = 0
  let y = 0
  let top = Infinity
  let bottom = -Infinity
  let travelled = 0
  const goTo = (target: number): void => {
    travelled += Math.abs(target - y)
    top = Math.min(top, y, target)
    bottom = Math.max(bottom, y, target)
    y = target
  }
  for (const [token, letter] of d.matchAll(TOKEN)) {
    if (letter !== undefined) {
      command = letter
      given = []
      continue
    }
    given.push(Number(token))
    const kind = command.toLowerCase()
    if (given.length < (TAKES[kind] ?? 2)) continue
    segments += 1
    const start = command === kind ? y : 0
    if (kind === 'm') y = start + (given[1] ?? 0)
    else if (kind === 'v') goTo(start + (given[0] ?? 0))
    else if (kind === 'a') goTo(start + (given[6] ?? 0))
    else if (kind !== 'h') {
      for (let index = 1; index < given.length; index += 2) goTo(start + (given[index] ?? 0))
    }
    given = []
  }
  work.segments += segments
  if (bottom > top) work.edges += (travelled / (bottom - top)) ** 2
}

/** The most characters that entities may add to a text. Drawing programs use entities for the names of namespaces. */
const ENTITY_LIMIT = 1_000_000

/**
 * Replaces a text's own entities, so that their content is counted.
 *
 * @throws Error where they make the text much longer, or contain markup or other entities.
 */
export function withEntities(svg: string): string {
  const entities = new Map<string, string>()
  for (const [, name = '', double, single] of svg.matchAll(
    /<!ENTITY\s+([\w.:-]+)\s+(?:"([^"]*)"|'([^']*)')/g,
  )) {
    const value = double ?? single ?? ''
    if (/[<&%]/.test(value)) throw new Error('the SVG has entities that contain markup')
    if (!entities.has(name)) entities.set(name, value)
  }
  if (entities.size === 0) return svg
  let added = 0
  return svg.replaceAll(/&([\w.:-]+);/g, (written, name: string) => {
    const value = entities.get(name)
    if (value === undefined) return written
    added += value.length
    if (added > ENTITY_LIMIT) throw new Error('the SVG has entities that make it much longer')
    return value
  })
}
