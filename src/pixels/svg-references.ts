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
 * How often an SVG may draw parts that it refers to. librsvg stops at ten times as many, but it takes seconds to get
 * there, and nothing stops it earlier, not even sharp's `timeout`.
 */
const REFERENCE_LIMIT = 50_000

/** Drawings of several MB have a tenth of this number. */
const ELEMENT_LIMIT = 200_000

/** Path segments, counted once for each time they are drawn. */
const SEGMENT_LIMIT = 250_000

/** Edges squared times pixels: a few seconds of work. */
const EDGE_LIMIT = 4e12

/** Units times megapixels: less than a minute of work. Twenty drop shadows on two megapixels take half of it. */
const LAYER_LIMIT = 100

/** Bytes, with embedded pictures. */
const BYTE_LIMIT = 32 * 1024 * 1024

/** Beyond this depth nothing is counted: librsvg stops long before. */
const DEPTH_LIMIT = 1000

/**
 * Comments and character data, which contain no tags, and the starts of tags. A part without an end extends to the end
 * of the text.
 */
const MARKUP = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<(\/?)([\w.:-]+)/g
const QUOTE_OR_END = /["'>]/g

/** Patterns, masks, clip paths, markers, filters, gradients. */
const PAINT = /\burl\(\s*["']?#([^"')\s]*)/g

/** Matches any prefix that the document gives to XLink. */
const HREF = /(?:^|:)href$/

const REFERRING = /(?:^|:)(?:use|feImage)$/
/** Elements that are drawn only where something refers to them. */
const APART =
  /(?:^|:)(?:defs|symbol|pattern|mask|clipPath|marker|filter|linearGradient|radialGradient)$/

/**
 * The document, or an element that can be drawn by itself, with its references and the parts that are drawn with it.
 */
interface Part {
  readonly references: string[]
  readonly parts: Part[]
  /** The cost of its own elements. */
  readonly own: Work
  /** The cost with everything that it refers to, once it is known. */
  total: Work | undefined
}

/** The facts of an SVG before it is drawn. */
interface Survey {
  readonly elements: number
  /** Pixels. */
  readonly area: number
  readonly work: Work
}

/**
 * Refuses an SVG that would be drawn for minutes. A few lines can cause that: `<use>` in `<use>`, filters on a large
 * canvas, paths that cross themselves thousands of times. It counts what the text says. Except for filters and masks of
 * classes, style sheets are left to librsvg's own limits.
 *
 * @throws Error for such an SVG.
 */
export function assertDrawable(bytes: Uint8Array): void {
  // sharp treats more files as an SVG than this package's own check does.
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

/** librsvg unpacks compressed SVG, and follows the byte order mark of UTF-16. */
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

/** How many references librsvg follows to draw an SVG. Nothing is drawn to find out. */
export function countReferences(svg: string): number {
  return survey(svg).work.references
}

function survey(svg: string): Survey {
  const document = emptyPart()
  const { byId, elements, root } = readParts(svg, document)
  return { elements, area: canvasOf(root), work: totalOf(document, byId, 0) }
}

/** The filters and masks that style sheets add, by class. */
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
  /** The parts that have an id, by id. */
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
    // Where two parts have one id, librsvg uses the first.
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
  /** The text between the name and the end, with a final `/`. */
  readonly text: string
}

/**
 * Each character is visited once or twice: one regular expression for a whole tag would take for ever on a hostile
 * text.
 */
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

/** The position of a tag's `>`. In a quoted value it is not the end. */
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
  // A part that refers to itself is a circle, which librsvg does not draw.
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
