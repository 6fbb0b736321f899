import { ASSET_SOURCES, type AssetAttributes, type AssetSources } from './asset-attributes.ts'
import { cssMentions } from './css.ts'
import { largestOf, type Mention, namesManifest } from './mention.ts'
import { srcsetMentions } from './srcset.ts'

/** An attribute as written. */
interface Attribute {
  /** In lower case. */
  readonly name: string
  /** The value without its quotes, as offsets into the page. */
  readonly start: number
  readonly end: number
  readonly quote: '"' | "'" | ''
}

/** Comments, declarations, and what older pages write as such. */
const COMMENT = /<!--(?:-?>|[^]*?(?:--!?>|$))|<!\[CDATA\[[^]*?(?:\]\]>|$)|<[!?][^>]*(?:>|$)/y
const TAG = /<(\/?)([a-z][^\s/>]*)/iy
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?/y

/** Elements whose content is text up to their end tag. */
const TEXT_ELEMENT = /^(?:script|style|textarea|title|xmp|iframe|noembed|noframes)$/

/**
 * The manifests that a page names: in the attributes that Vite takes for files, in `style` attributes and in `<style>`.
 *
 * @param more what the configuration adds to Vite's list.
 */
export function htmlMentions(html: string, more: AssetSources = {}): Mention[] {
  const mentions: Mention[] = []
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    COMMENT.lastIndex = at
    const comment = COMMENT.exec(html)
    if (comment !== null) {
      at += comment[0].length
      continue
    }
    TAG.lastIndex = at
    const tag = TAG.exec(html)
    if (tag === null) {
      at++
      continue
    }
    const [all, slash = '', written = ''] = tag
    const element = written.toLowerCase()
    const { attributes, end } = readAttributes(html, at + all.length)
    at = end
    if (slash !== '') continue
    mentions.push(...mentionsOf(element, attributes, html, more))
    if (!TEXT_ELEMENT.test(element)) continue
    const close = new RegExp(`</${element}(?=[\\s/>])`, 'gi')
    close.lastIndex = end
    const contentEnd = close.exec(html)?.index ?? html.length
    if (element === 'style') {
      mentions.push(...cssMentions(html.slice(end, contentEnd)).map((each) => moved(each, end)))
    }
    at = contentEnd
  }
  return mentions
}

function readAttributes(
  html: string,
  from: number,
): { readonly attributes: readonly Attribute[]; readonly end: number } {
  const attributes: Attribute[] = []
  for (let at = from; ;) {
    ATTRIBUTE.lastIndex = at
    const match = ATTRIBUTE.exec(html)
    if (match === null) {
      const end = html.indexOf('>', at)
      return { attributes, end: end < 0 ? html.length : end + 1 }
    }
    const [all, name = '', double, single, bare] = match
    at += all.length
    const value = double ?? single ?? bare ?? ''
    const quote = double !== undefined ? '"' : single !== undefined ? "'" : ''
    const end = at - quote.length
    attributes.push({ name: name.toLowerCase(), start: end - value.length, end, quote })
  }
}

function mentionsOf(
  element: string,
  attributes: readonly Attribute[],
  html: string,
  more: AssetSources,
): Mention[] {
  // The first of several attributes with one name counts.
  const byName = new Map(attributes.toReversed().map((attribute) => [attribute.name, attribute]))
  if (![...byName.values()].some(({ start, end }) => mayName(html.slice(start, end)))) return []
  const decodedOf = (name: string): Decoded | undefined => {
    const attribute = byName.get(name)
    return attribute && decode(html.slice(attribute.start, attribute.end))
  }
  const found: Mention[] = []
  const searched = new Set<string>()
  const add = (name: string, search: (value: string) => readonly Mention[]): void => {
    const attribute = byName.get(name)
    const decoded = decodedOf(name)
    if (attribute === undefined || decoded === undefined || searched.has(name)) return
    searched.add(name)
    found.push(...inAttribute(search(decoded.text), attribute, decoded, html))
  }
  add('style', (value) => cssMentions(value))
  if (byName.has('vite-ignore')) return found
  const values = Object.fromEntries(
    [...byName.keys()].map((name) => [name, decodedOf(name)?.text ?? '']),
  )
  const type = /^\s*image\//i.test(values['type'] ?? '') ? values['type'] : undefined
  for (const sources of [ownOf(ASSET_SOURCES, element), ownOf(more, element)]) {
    const isFile = (key: string): boolean => {
      const value = values[key]
      if (value === undefined || value === '') return false
      return sources?.filter?.({ key, value, attributes: values }) ?? true
    }
    for (const name of sources?.srcAttributes?.filter(isFile) ?? []) {
      add(name, (value) => urlMentions(value, type))
    }
    for (const name of sources?.srcsetAttributes?.filter(isFile) ?? []) {
      add(name, (value) => srcsetMentions(value, type))
    }
  }
  return found
}

function ownOf(sources: AssetSources, element: string): AssetAttributes | undefined {
  return Object.hasOwn(sources, element) ? sources[element] : undefined
}

/** Whether a value is worth decoding: entities may spell any letter. */
function mayName(value: string): boolean {
  return value.includes('&') || /\.image\.ya?ml/i.test(value)
}

function urlMentions(value: string, type: string | undefined): Mention[] {
  const url = value.trim()
  if (!namesManifest(url)) return []
  const start = value.indexOf(url)
  return [
    {
      start: 0,
      end: value.length,
      at: start,
      url,
      write: (image) => image.urlOf(largestOf(image, type)),
    },
  ]
}

/** Mentions in a decoded value, as mentions in the page. A value without quotes gets them: its new text may hold blanks. */
function inAttribute(
  mentions: readonly Mention[],
  { start, end, quote }: Attribute,
  { offsets }: Decoded,
  html: string,
): Mention[] {
  const offsetOf = (at: number): number => start + (offsets[at] ?? end - start)
  const verbatim = (from: number, to: number): string =>
    html.slice(from, to).replaceAll('"', '&quot;')
  return mentions.map((mention, index) => {
    const [from, to] = [offsetOf(mention.start), offsetOf(mention.end)]
    const opens = quote === '' && index === 0
    const closes = quote === '' && index === mentions.length - 1
    return {
      ...mention,
      start: opens ? start : from,
      end: closes ? end : to,
      at: offsetOf(mention.at),
      write: (image) =>
        [
          opens ? `"${verbatim(start, from)}` : '',
          escape(mention.write(image), quote),
          closes ? `${verbatim(to, end)}"` : '',
        ].join(''),
    }
  })
}

function escape(text: string, quote: Attribute['quote']): string {
  const safe = text.replaceAll('&', '&amp;')
  return quote === "'" ? safe.replaceAll("'", '&#39;') : safe.replaceAll('"', '&quot;')
}

function moved(mention: Mention, by: number): Mention {
  return {
    ...mention,
    start: mention.start + by,
    end: mention.end + by,
    at: mention.at + by,
  }
}

/** A value without entities, and where each of its characters was written. */
interface Decoded {
  readonly text: string
  readonly offsets: readonly number[]
}

/** The named entities that people write in URLs and declarations. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  colon: ':',
  comma: ',',
  gt: '>',
  lowbar: '_',
  lpar: '(',
  lt: '<',
  num: '#',
  percnt: '%',
  period: '.',
  quot: '"',
  rpar: ')',
  semi: ';',
  sol: '/',
}

function decode(written: string): Decoded {
  let text = ''
  const offsets: number[] = []
  const pattern = /&(?:#x([\da-f]+)|#(\d+)|([a-z]+));?|[^]/gi
  for (const match of written.matchAll(pattern)) {
    const [all, hex, decimal, name] = match
    const character = characterOf(hex, decimal, name) ?? all
    for (const unit of character.split('').keys()) {
      // An unknown entity stays as it is.
      offsets.push(match.index + (character === all ? unit : 0))
    }
    text += character
  }
  offsets.push(written.length)
  return { text, offsets }
}

function characterOf(
  hex: string | undefined,
  decimal: string | undefined,
  name: string | undefined,
): string | undefined {
  if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
  if (hex === undefined && decimal === undefined) return undefined
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code === 0 || code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code)
}
