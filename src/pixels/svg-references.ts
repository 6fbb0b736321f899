import { gunzipSync } from 'node:zlib'
import { messageOf } from '../shared/errors.ts'
import { sniffMediaType } from './media-type.ts'
import {
  addWork,
  attributesOf,
  canvasOf,
  noWork,
  withEntities,
  workOf,
  type Attributes,
  type Work,
} from './svg-work.ts'

/**
 * How often an SVG may draw parts that it refers to. librsvg gives up at ten times as many, but only when it gets
 * there, which takes it seconds each time; in between nothing stops it, sharp's `timeout` neither.
 */
const REFERENCE_LIMIT = 50_000

/** Drawings of some MB have a tenth of it. */
const ELEMENT_LIMIT = 200_000

/** Segments of paths, drawn again or not. */
const SEGMENT_LIMIT = 250_000

/** Edges squared times pixels: a few seconds. */
const EDGE_LIMIT = 4e12

/** Units times megapixels: less than a minute. Twenty drop shadows on two megapixels are half of it. */
const LAYER_LIMIT = 100

/** Bytes: pictures inside of it included. */
const BYTE_LIMIT = 32 * 1024 * 1024

/** Beyond this depth nothing is counted: librsvg gives up by itself long before. */
const DEPTH_LIMIT = 1000

/** Comments and character data, in which there are no tags, and how tags begin. What has no end goes on to the last. */
const MARKUP = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<(\/?)([\w.:-]+)/g
const QUOTE_OR_END = /["'>]/g

/** Patterns, masks, clip paths, markers, filters, gradients. */
const PAINT = /\burl\(\s*["']?#([^"')\s]*)/g

/** Under whatever prefix the document gives to XLink. */
const HREF = /(?:^|:)href$/

const REFERRING = /(?:^|:)(?:use|feImage)$/
/** What is drawn only where something refers to it. */
const APART =
  /(?:^|:)(?:defs|symbol|pattern|mask|clipPath|marker|filter|linearGradient|radialGradient)$/

/** The document, or an element that can be drawn by itself: what it refers to, and what is drawn with it. */
interface Part {
  readonly references: string[]
  readonly parts: Part[]
  /** What its own elements cost. */
  readonly own: Work
  /** What drawing it costs with all that it refers to, once that is known. */
  total: Work | undefined
}

/** An SVG before anything of it is drawn. */
interface Survey {
  readonly elements: number
  /** Pixels. */
  readonly area: number
  readonly work: Work
}

/**
 * Refuses an SVG that would be drawn for minutes, for which a few lines are enough: `<use>` in `<use>`, filters on a
 * large canvas, paths that cross themselves thousands of times. It counts what is written; what a style sheet hides,
 * but for filters and masks of classes, is left to librsvg's own limits.
 *
 * @throws Error for such an SVG.
 */
export function assertDrawable(bytes: Uint8Array): void {
  // sharp takes more for an SVG than what looks like one at first sight.
  const mediaType = sniffMediaType(bytes)
  if (mediaType !== undefined && mediaType !== 'image/svg+xml') return
  const { elements, area, work } = survey(withEntities(textOf(bytes)))
  const { references, segments, edges, layers } = work
  if (references > REFERENCE_LIMIT) {
    throw new Error(tooMuch(`draws its own parts ${figure(references)} times`, REFERENCE_LIMIT))
  }
  if (elements > ELEMENT_LIMIT) {
    throw new Error(tooMuch(`has ${figure(elements)} elements`, ELEMENT_LIMIT))
  }
  if (segments > SEGMENT_LIMIT) {
    throw new Error(tooMuch(`draws paths of ${figure(segments)} segments`, SEGMENT_LIMIT))
  }
  if (edges * area > EDGE_LIMIT) {
    throw new Error(`the SVG has paths that cross themselves too often for its size; ${ADVICE}`)
  }
  if (layers * (area / 1e6) > LAYER_LIMIT) {
    throw new Error(
      `the SVG has too many filters or masks for its ${figure(Math.round(area))} pixels; ${ADVICE}`,
    )
  }
}

const ADVICE = 'a PNG of it can be used'

function tooMuch(what: string, limit: number): string {
  return `the SVG ${what}, of at most ${figure(limit)}; ${ADVICE}`
}

function figure(count: number): string {
  return count.toLocaleString('en')
}

/** librsvg unpacks what is compressed, and follows the mark of UTF-16. */
function textOf(bytes: Uint8Array): string {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  const plain = isCompressed ? unpack(bytes) : bytes
  const looksLikeOne = isCompressed || sniffMediaType(plain) === 'image/svg+xml'
  if (looksLikeOne && plain.byteLength > BYTE_LIMIT) {
    throw new Error(tooMuch(`has ${figure(plain.byteLength)} bytes`, BYTE_LIMIT))
  }
  const [first, second] = plain
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(plain)
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(plain)
  return new TextDecoder().decode(plain)
}

function unpack(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: BYTE_LIMIT })
  } catch (error) {
    throw new Error(`the compressed SVG cannot be unpacked: ${messageOf(error)}`, { cause: error })
  }
}

/** How many references are followed to draw an SVG. Nothing is drawn for it, whatever the number. */
export function countReferences(svg: string): number {
  return survey(svg).work.references
}

function survey(svg: string): Survey {
  const document = emptyPart()
  const { byId, elements, root } = readParts(svg, document)
  return { elements, area: canvasOf(root), work: totalOf(document, byId, 0) }
}

/** What is drawn with a filter or mask because a style sheet says so, by class. */
function styledReferences(svg: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [, css = ''] of svg.matchAll(/<(?:[\w.-]+:)?style\b[^>]*>([^]*?)<\//g)) {
    for (const [, selector = '', rules = ''] of css.matchAll(/([^{}]{1,2000})\{([^{}]*)\}/g)) {
      const references = [...rules.matchAll(PAINT)].map(([, id = '']) => id)
      if (references.length === 0) continue
      for (const [, name = ''] of selector.matchAll(/\.([\w-]+)/g)) {
        found.set(name, [...(found.get(name) ?? []), ...references])
      }
    }
  }
  return found
}

interface Parts {
  /** The parts that have an id, by it. */
  readonly byId: ReadonlyMap<string, Part>
  readonly elements: number
  /** The attributes of the first element. */
  readonly root: Attributes
}

function readParts(svg: string, document: Part): Parts {
  const byId = new Map<string, Part>()
  const open = [document]
  const styled = styledReferences(svg)
  let elements = 0
  let root: Attributes | undefined
  for (const { name, isEnd, text } of tagsOf(svg)) {
    if (isEnd) {
      if (open.length > 1) open.pop()
      continue
    }
    const attributes = attributesOf(text)
    elements += 1
    root ??= attributes
    const around = open.at(-1) ?? document
    const id = attributes.get('id') ?? attributes.get('xml:id')
    const isApart = APART.test(name)
    const part = id === undefined && !isApart ? around : emptyPart()
    if (part !== around && !isApart) around.parts.push(part)
    // Of two with one id, librsvg takes the first.
    if (id !== undefined && !byId.has(id)) byId.set(id, part)
    for (const [attribute, value] of attributes) {
      for (const [, reference = ''] of value.matchAll(PAINT)) part.references.push(reference)
      const isReference = REFERRING.test(name) && HREF.test(attribute)
      const target = value.trim()
      if (isReference && target.startsWith('#')) part.references.push(target.slice(1))
    }
    if (styled.size > 0) {
      for (const one of (attributes.get('class') ?? '').split(/\s+/)) {
        part.references.push(...(styled.get(one) ?? []))
      }
    }
    addWork(part.own, workOf(name, attributes))
    if (!text.endsWith('/')) open.push(part)
  }
  return { byId, elements, root: root ?? new Map() }
}

interface Tag {
  readonly name: string
  readonly isEnd: boolean
  /** What stands between the name and the end, `/` too. */
  readonly text: string
}

/** Every character is looked at once or twice: one expression for a whole tag would take forever on a hostile one. */
function* tagsOf(svg: string): Generator<Tag> {
  const markup = new RegExp(MARKUP)
  for (let found = markup.exec(svg); found !== null; found = markup.exec(svg)) {
    const [, slash, name] = found
    if (name === undefined) continue
    const start = markup.lastIndex
    markup.lastIndex = endOfTag(svg, start)
    yield { name, isEnd: slash === '/', text: svg.slice(start, markup.lastIndex) }
  }
}

/** Where its `>` stands: in a quoted value, that is no end. */
function endOfTag(svg: string, start: number): number {
  const stop = new RegExp(QUOTE_OR_END)
  stop.lastIndex = start
  for (let found = stop.exec(svg); found !== null; found = stop.exec(svg)) {
    const [character] = found
    if (character === '>') return found.index
    const closing = svg.indexOf(character, stop.lastIndex)
    if (closing < 0) break
    stop.lastIndex = closing + 1
  }
  return svg.length
}

function emptyPart(): Part {
  return { references: [], parts: [], own: noWork(), total: undefined }
}

function totalOf(part: Part, byId: ReadonlyMap<string, Part>, depth: number): Work {
  if (part.total !== undefined) return part.total
  if (depth > DEPTH_LIMIT) return noWork()
  // Whoever comes back here goes in a circle, which librsvg does not draw.
  part.total = noWork()
  const total = { ...part.own }
  for (const inner of part.parts) addWork(total, totalOf(inner, byId, depth + 1))
  for (const id of part.references) {
    const target = byId.get(id)
    if (target === undefined) continue
    total.references += 1
    addWork(total, totalOf(target, byId, depth + 1))
  }
  part.total = total
  return total
}
