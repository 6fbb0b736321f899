import { largestOf, largestOfEach, mediaType, type Mention, namesManifest } from './mention.ts'

/** How a style language differs from CSS. */
export interface StyleSyntax {
  /** Whether `//` begins a comment. */
  readonly hasLineComments: boolean
  /** Whether a line break ends a declaration. */
  readonly isIndented: boolean
}

/** As Vite tells style sheets from code, by their module ids. */
export const STYLE_SHEET: RegExp = /\.(css|less|sass|scss|styl|stylus|pcss|postcss|sss)(?:$|\?)/

/** The syntax of a style sheet, by its file or module id. */
export function syntaxOf(id: string): StyleSyntax {
  const [, extension = 'css'] = STYLE_SHEET.exec(id) ?? []
  const isIndented = /^(?:sass|styl|stylus|sss)$/.test(extension)
  return { hasLineComments: isIndented || /^(?:scss|less)$/.test(extension), isIndented }
}

export const CSS: StyleSyntax = { hasLineComments: false, isIndented: false }

/** Properties that take an `image-set()` in every browser that knows its `type()`. */
const IMAGE_PROPERTIES: ReadonlySet<string> = new Set([
  'background',
  'background-image',
  'border-image',
  'border-image-source',
  'content',
  'list-style',
  'list-style-image',
  'mask',
  'mask-image',
])

/** Matches at the start of a token. All others are one character. */
const TOKEN =
  /\/\*[^]*?(?:\*\/|$)|(?:"(?:\\[^]|[^"\\\n])*(?:"|(?=\n)|$))|(?:'(?:\\[^]|[^'\\\n])*(?:'|(?=\n)|$))|[#@]\{|@?-{0,2}(?:[\w$]|[^\0-\x7F]|\\[^\n])(?:[\w-]|[^\0-\x7F]|\\[^\n])*\(?|[^]/y

/** What may stand between a picture of an `image-set()` and its type. */
const TYPE = /(?:\s|\/\*[^]*?\*\/|\b[\d.]+(?:x|dppx|dpi|dpcm)\b)*\btype\(\s*(["'])([^"']*)\1/iy

const QUOTED_URL = /\s*(?:"((?:\\[^]|[^"\\\n])*)"|'((?:\\[^]|[^'\\\n])*)')\s*\)/y
const PLAIN_URL = /\s*((?:\\[\da-f]{1,6}\s?|\\[^]|[^\\"'()\s])*)\s*\)/iy

/** The manifests that a style sheet, or the declarations of a `style` attribute, names. */
export function cssMentions(text: string, syntax: StyleSyntax = CSS): Mention[] {
  const mentions: Mention[] = []
  /** The functions that the scanner is in; `''` for plain parentheses. */
  const functions: string[] = []
  let statement = ''
  let property: string | undefined
  const endStatement = (): void => {
    statement = ''
    property = undefined
  }

  for (let at = 0; at < text.length;) {
    const token = matchAt(TOKEN, text, at)?.[0] ?? text.charAt(at)
    const end = at + token.length
    if (token.startsWith('/*')) {
      at = end
    } else if (syntax.hasLineComments && text.startsWith('//', at)) {
      const lineEnd = text.indexOf('\n', at)
      at = lineEnd < 0 ? text.length : lineEnd
    } else if (token === '#{' || token === '@{') {
      statement += token
      at = afterBraces(text, end)
    } else if (/^["']/.test(token)) {
      const url = unescaped(token.slice(1, token.endsWith(token.charAt(0)) ? -1 : undefined))
      const isOption = isImageSet(functions.at(-1))
      if (namesManifest(url) && (isOption || isImport(statement))) {
        mentions.push(
          isOption
            ? optionMention({ start: at, end, at: at + 1, url }, text, (written) => written)
            : importMention({ start: at, end, at: at + 1, url }),
        )
      }
      statement += token
      at = end
    } else if (/^(?:url|src)\($/i.test(token)) {
      const quoted = matchAt(QUOTED_URL, text, end)
      const match = quoted ?? matchAt(PLAIN_URL, text, end)
      if (match === undefined) {
        functions.push('url')
        at = end
        continue
      }
      const url = unescaped(match[1] ?? match[2] ?? '')
      const spot = {
        start: at,
        end: end + match[0].length,
        at: end + match[0].search(quoted === undefined ? /\S/ : /["']/) + (quoted ? 1 : 0),
        url,
      }
      if (namesManifest(url)) {
        if (isImport(statement)) mentions.push(importMention(spot))
        else if (functions.length === 0) mentions.push(valueMention(spot, property))
        else if (isImageSet(functions.at(-1))) {
          mentions.push(optionMention(spot, text, (written) => `url(${written})`))
        } else mentions.push(valueMention(spot, undefined))
      }
      statement += 'url()'
      at = spot.end
    } else {
      if (token.endsWith('(')) functions.push(token.slice(0, -1).toLowerCase())
      else if (token === ')') functions.pop()
      else if (token === '{' || token === '}') {
        functions.length = 0
        endStatement()
      } else if (functions.length === 0) {
        if (token === ';' || (syntax.isIndented && token === '\n')) endStatement()
        else if (token === ':' && property === undefined) property = statement.trim().toLowerCase()
      }
      if (!/^[{};]$/.test(token)) statement += token
      at = end
    }
  }
  return mentions
}

type Spot = Omit<Mention, 'write'>

/** A URL as (a part of) the value of a property. */
function valueMention(spot: Spot, property: string | undefined): Mention {
  const takesSet = property !== undefined && IMAGE_PROPERTIES.has(withoutPrefix(property))
  return {
    ...spot,
    write(image) {
      const url = (rendition: Parameters<typeof image.urlOf>[0]): string =>
        `url(${quoted(image.urlOf(rendition))})`
      const each = takesSet ? largestOfEach(image) : []
      if (each.length < 2) return url(largestOf(image, undefined))
      const options = each.map((rendition, index) =>
        index === each.length - 1
          ? url(rendition)
          : `${url(rendition)} type("${mediaType(rendition)}")`,
      )
      return `image-set(${options.join(', ')})`
    },
  }
}

/** A picture in an `image-set()`, in the format that its `type()` asks for. */
function optionMention(spot: Spot, text: string, wrap: (quoted: string) => string): Mention {
  const type = matchAt(TYPE, text, spot.end)?.[2]
  return { ...spot, write: (image) => wrap(quoted(image.urlOf(largestOf(image, type)))) }
}

function importMention(spot: Spot): Mention {
  return {
    ...spot,
    write(image) {
      throw image.refusal({
        message: '`@import` loads style sheets, and this is an image.',
        hint: 'Name it in a declaration, such as `background-image: url(…)`.',
      })
    },
  }
}

function isImport(statement: string): boolean {
  return /^\s*@import\b/i.test(statement)
}

function isImageSet(name: string | undefined): boolean {
  return name !== undefined && withoutPrefix(name) === 'image-set'
}

function withoutPrefix(name: string): string {
  return name.replace(/^-(?:webkit|moz|ms|o)-/, '')
}

/** The offset behind the braces of an interpolation. */
function afterBraces(text: string, from: number): number {
  let depth = 1
  let at = from
  while (at < text.length && depth > 0) {
    const token = matchAt(TOKEN, text, at)?.[0] ?? text.charAt(at)
    if (token.endsWith('{')) depth++
    if (token === '}') depth--
    at += token.length
  }
  return at
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function unescaped(written: string): string {
  return written.replaceAll(
    /\\(?:([\da-f]{1,6})\s?|(\r?\n)|([^]))/gi,
    (_, code: string | undefined, newline: string | undefined, literal: string | undefined) => {
      if (newline !== undefined) return ''
      return code === undefined ? (literal ?? '') : characterOf(Number.parseInt(code, 16))
    },
  )
}

function characterOf(code: number): string {
  return code === 0 || code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code)
}

function quoted(url: string): string {
  return `"${url.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
