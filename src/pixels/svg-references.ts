import { sniffMediaType } from './media-type.ts'

/**
 * How often an SVG may draw parts that it refers to. librsvg gives up at ten times as many, but only when it gets
 * there, which takes it seconds each time; in between nothing stops it, sharp's `timeout` neither.
 */
const REFERENCE_LIMIT = 50_000

/** Beyond this depth nothing is counted: librsvg gives up by itself long before. */
const DEPTH_LIMIT = 1000

/** Comments and character data, in which there are no tags, and how tags begin. What has no end goes on to the last. */
const MARKUP = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<(\/?)([\w.:-]+)/g
const QUOTE_OR_END = /["'>]/g

const ID = /\sid\s*=\s*["']([^"']*)/
const HREF = /\s(?:xlink:)?href\s*=\s*["']\s*#([^"'\s]*)/
/** Patterns, masks, clip paths, markers, filters, gradients. */
const PAINT = /\burl\(\s*["']?#([^"')\s]*)/g

const REFERRING = /(?:^|:)(?:use|feImage)$/
/** What is drawn only where something refers to it. */
const APART =
  /(?:^|:)(?:defs|symbol|pattern|mask|clipPath|marker|filter|linearGradient|radialGradient)$/

/** The document, or an element that can be drawn by itself: what it refers to, and what is drawn with it. */
interface Part {
  readonly references: string[]
  readonly parts: Part[]
  /** How many references are followed to draw it, once that is known. */
  total: number | undefined
}

/**
 * Refuses an SVG that draws its own parts a great many times, for which a few lines are enough: `<use>` in `<use>`. It
 * counts the references that are written where they count; those that an entity or a style sheet hides are left to
 * librsvg's own limit.
 *
 * @throws Error for such an SVG.
 */
export function assertDrawable(bytes: Uint8Array): void {
  // sharp takes more for an SVG than what looks like one at first sight.
  const mediaType = sniffMediaType(bytes)
  if (mediaType !== undefined && mediaType !== 'image/svg+xml') return
  const count = countReferences(new TextDecoder().decode(bytes))
  if (count <= REFERENCE_LIMIT) return
  throw new Error(
    `the SVG draws its own parts ${count.toLocaleString('en')} times, of at most ${REFERENCE_LIMIT.toLocaleString('en')}; a PNG of it can be used`,
  )
}

/** How many references are followed to draw an SVG. Nothing is drawn for it, whatever the number. */
export function countReferences(svg: string): number {
  const document = emptyPart()
  return totalOf(document, readParts(svg, document), 0)
}

/** @returns the parts that have an id, by it. */
function readParts(svg: string, document: Part): ReadonlyMap<string, Part> {
  const byId = new Map<string, Part>()
  const open = [document]
  for (const { name, isEnd, attributes } of tagsOf(svg)) {
    if (isEnd) {
      if (open.length > 1) open.pop()
      continue
    }
    const around = open.at(-1) ?? document
    const id = ID.exec(attributes)?.[1]
    const isApart = APART.test(name)
    const part = id === undefined && !isApart ? around : emptyPart()
    if (part !== around && !isApart) around.parts.push(part)
    // Of two with one id, librsvg takes the first.
    if (id !== undefined && !byId.has(id)) byId.set(id, part)
    for (const [, reference = ''] of attributes.matchAll(PAINT)) part.references.push(reference)
    const used = REFERRING.test(name) ? HREF.exec(attributes)?.[1] : undefined
    if (used !== undefined) part.references.push(used)
    if (!attributes.endsWith('/')) open.push(part)
  }
  return byId
}

interface Tag {
  readonly name: string
  readonly isEnd: boolean
  /** What stands between the name and the end, `/` too. */
  readonly attributes: string
}

/** Every character is looked at once or twice: one expression for a whole tag would take forever on a hostile one. */
function* tagsOf(svg: string): Generator<Tag> {
  const markup = new RegExp(MARKUP)
  for (let found = markup.exec(svg); found !== null; found = markup.exec(svg)) {
    const [, slash, name] = found
    if (name === undefined) continue
    const start = markup.lastIndex
    markup.lastIndex = endOfTag(svg, start)
    const attributes = svg.slice(start, markup.lastIndex)
    yield { name, isEnd: slash === '/', attributes }
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
  return { references: [], parts: [], total: undefined }
}

function totalOf(part: Part, byId: ReadonlyMap<string, Part>, depth: number): number {
  if (part.total !== undefined) return part.total
  if (depth > DEPTH_LIMIT) return 0
  // Whoever comes back here goes in a circle, which librsvg does not draw.
  part.total = 0
  let total = 0
  for (const inner of part.parts) total += totalOf(inner, byId, depth + 1)
  for (const id of part.references) {
    const target = byId.get(id)
    if (target !== undefined) total += 1 + totalOf(target, byId, depth + 1)
  }
  part.total = total
  return total
}
