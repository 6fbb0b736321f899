import { ASSET_SOURCES, type AssetAttributes, type AssetSources } from './asset-attributes.ts'
import { cssMentions } from './css.ts'
import { largestOf, type Mention, namesManifest } from './mention.ts'
import { srcsetMentions } from './srcset.ts'
import { type Attribute, type Tag, tagsOf } from './tags.ts'

/** Where a page may name files. */
interface Places {
  /** What the configuration adds to Vite's list of attributes. */
  readonly more?: AssetSources
  /** Whether `style` attributes and `<style>` count. */
  readonly withStyles?: boolean
}

/** The manifests that a page names in attributes that Vite takes for files, and in its styles. */
export function htmlMentions(
  html: string,
  { more = {}, withStyles = true }: Places = {},
): Mention[] {
  const mentions: Mention[] = []
  for (const tag of tagsOf(html)) {
    if (tag.isEnd) continue
    const element = tag.name.toLowerCase()
    if (withStyles) mentions.push(...styleMentions(tag, html))
    if (!tag.attributes.some(({ name }) => name === 'vite-ignore')) {
      const sources = [ownOf(ASSET_SOURCES, element), ownOf(more, element)]
      mentions.push(...attributeMentions(tag, html, sources))
    }
    if (withStyles && element === 'style' && tag.contentEnd !== undefined) {
      const css = html.slice(tag.end, tag.contentEnd)
      mentions.push(...cssMentions(css).map((each) => moved(each, tag.end)))
    }
  }
  return mentions
}

/** What the `style` attribute of a tag names. */
export function styleMentions(tag: Tag, html: string): Mention[] {
  return searchAttributes(tag, html, [['style', (value) => cssMentions(value)]])
}

/** What the attributes of a tag name that are taken for files. */
export function attributeMentions(
  tag: Tag,
  html: string,
  sources: ReadonlyArray<AssetAttributes | undefined>,
): Mention[] {
  if (!tag.attributes.some(({ start, end }) => mayName(html.slice(start, end)))) return []
  const values = Object.fromEntries(
    tag.attributes
      .toReversed()
      .map(({ name, start, end }) => [name, decode(html.slice(start, end)).text]),
  )
  const type = /^\s*image\//i.test(values['type'] ?? '') ? values['type'] : undefined
  const isFile =
    (from: AssetAttributes) =>
    (key: string): boolean => {
      const value = values[key]
      if (value === undefined || value === '') return false
      return from.filter?.({ key, value, attributes: values }) ?? true
    }
  const searches = sources.flatMap((from): Search[] => {
    if (from === undefined) return []
    const { srcAttributes = [], srcsetAttributes = [] } = from
    return [
      ...srcAttributes
        .filter(isFile(from))
        .map((name): Search => [name, (value) => urlMentions(value, type)]),
      ...srcsetAttributes
        .filter(isFile(from))
        .map((name): Search => [name, (value) => srcsetMentions(value, type)]),
    ]
  })
  return searchAttributes(tag, html, searches)
}

/** An attribute by its name, and what its decoded value is searched with. */
type Search = readonly [name: string, search: (value: string) => readonly Mention[]]

function searchAttributes(
  { attributes }: Tag,
  html: string,
  searches: readonly Search[],
): Mention[] {
  const searched = new Set<string>()
  return searches.flatMap(([name, search]) => {
    // The first of several attributes with one name counts.
    const attribute = attributes.find((each) => each.name === name)
    if (attribute === undefined || searched.has(name)) return []
    searched.add(name)
    const written = html.slice(attribute.start, attribute.end)
    if (!mayName(written)) return []
    const decoded = decode(written)
    return inAttribute(search(decoded.text), attribute, decoded, html)
  })
}

export function ownOf(sources: AssetSources, element: string): AssetAttributes | undefined {
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
