/** An attribute as written. */
export interface Attribute {
  /** In lower case. */
  readonly name: string
  /** The value without its quotes, as offsets into the page. */
  readonly start: number
  readonly end: number
  readonly quote: '"' | "'" | ''
}

/** A tag as written. */
export interface Tag {
  readonly name: string
  readonly isEnd: boolean
  readonly attributes: readonly Attribute[]
  readonly start: number
  readonly end: number
  /** The end of its content, if that is text in which no tags are looked for. */
  readonly contentEnd?: number
}

/** Comments, declarations, and what older pages write as such. */
const COMMENT = /<!--(?:-?>|[^]*?(?:--!?>|$))|<!\[CDATA\[[^]*?(?:\]\]>|$)|<[!?][^>]*(?:>|$)/y
const TAG = /<(\/?)([a-z][^\s/>]*)/iy
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?/y

/** Elements whose content is text up to their end tag. */
const TEXT_ELEMENT = /^(?:script|style|textarea|title|xmp|iframe|noembed|noframes)$/i

/** How a language differs from HTML. */
export interface TagSyntax {
  /** Whether a tag's content is text up to its end tag. */
  isText(this: void, tag: Tag): boolean
  /** What encloses expressions in text. */
  readonly braces?: readonly [open: string, close: string]
}

const HTML: TagSyntax = { isText: isTextElement }

/** The tags of a text, in their order. */
export function* tagsOf(html: string, { isText, braces }: TagSyntax = HTML): Iterable<Tag> {
  for (let at = tagFrom(html, 0, braces); at >= 0; at = tagFrom(html, at, braces)) {
    COMMENT.lastIndex = at
    const comment = COMMENT.exec(html)
    if (comment !== null) {
      at += comment[0].length
      continue
    }
    TAG.lastIndex = at
    const match = TAG.exec(html)
    if (match === null) {
      at++
      continue
    }
    const [all, slash = '', name = ''] = match
    const { attributes, end } = readAttributes(html, at + all.length)
    const tag: Tag = { name, isEnd: slash !== '', attributes, start: at, end }
    at = end
    if (tag.isEnd || !isText(tag)) {
      yield tag
      continue
    }
    const close = new RegExp(`</${escaped(name)}(?=[\\s/>])`, 'gi')
    close.lastIndex = end
    at = close.exec(html)?.index ?? html.length
    yield { ...tag, contentEnd: at }
  }
}

/** The offset of the next `<` that is not in an expression. */
function tagFrom(html: string, from: number, braces: TagSyntax['braces']): number {
  for (let at = from; ;) {
    const tag = html.indexOf('<', at)
    if (braces === undefined) return tag
    const open = html.indexOf(braces[0], at)
    const close = open < 0 || open > tag ? -1 : html.indexOf(braces[1], open)
    if (close < 0) return tag
    at = close + braces[1].length
  }
}

export function isTextElement({ name }: Tag): boolean {
  return TEXT_ELEMENT.test(name)
}

/** A component's name may have a dot. */
function escaped(name: string): string {
  return name.replaceAll(/[^\w-]/g, String.raw`\$&`)
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
