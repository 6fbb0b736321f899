import { largestOf, type Mention, namesManifest } from './mention.ts'

const NEW_URL =
  /\bnew\s+URL\s*\(\s*(?:'[^'\n]*'|"[^"\n]*"|`[^`]*`)\s*,\s*import\.meta\.url\s*,?\s*\)/g

/** Comments, strings, and regular expressions where a value may begin. A line break ends a string: JSX has apostrophes. */
const NOT_CODE =
  /\/\*[^]*?(?:\*\/|$)|\/\/[^\n]*|'(?:\\[^]|[^'\\\n])*'?|"(?:\\[^]|[^"\\\n])*"?|(?<=(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|of|in|do|else))\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|[^]/y

/** The text of a template up to its end or to the next expression. */
const TEMPLATE = /(?:\\[^]|[^`\\$]|\$(?!\{))*(?:`|\$\{|$)/y

/**
 * The manifests that code names by `new URL` with a plain text and `import.meta.url`.
 * Vite matches the same way, so what it would publish is found.
 *
 * @param write the expression for a URL.
 */
export function newUrlMentions(code: string, write: (url: string) => string): Mention[] {
  if (!code.includes('import.meta.url')) return []
  const bare = withoutText(code)
  return [...bare.matchAll(NEW_URL)].flatMap((match): Mention[] => {
    const before = /^new\s+URL\s*\(\s*/.exec(match[0])?.[0].length ?? 0
    const start = match.index + before
    const end = bare.indexOf(bare.charAt(start), start + 1) + 1
    const literal = code.slice(start, end)
    const url = literal.slice(1, -1).replaceAll(/\\([^\n])/g, '$1')
    const isIgnored = code.slice(match.index, start).includes('@vite-ignore')
    if (isIgnored || literal.includes('${') || !namesManifest(url)) return []
    return [
      {
        start,
        end,
        at: start + 1,
        url,
        write: (image) => write(image.urlOf(largestOf(image, undefined))),
      },
    ]
  })
}

/** Code of the same length, with blanks in place of comments and of what is between quotes. */
function withoutText(code: string): string {
  let bare = ''
  /** For each template that the scanner is in: the open braces of its expression. */
  const templates: number[] = []
  const readTemplate = (): void => {
    TEMPLATE.lastIndex = bare.length
    const [text = ''] = TEMPLATE.exec(code) ?? []
    if (text.endsWith('`')) bare += `${blank(text.slice(0, -1))}\``
    else bare += blank(text)
    if (text.endsWith('${')) templates.push(0)
  }
  while (bare.length < code.length) {
    NOT_CODE.lastIndex = bare.length
    const [token = ''] = NOT_CODE.exec(code) ?? []
    const depth = templates.at(-1)
    if (token === '`') {
      bare += token
      readTemplate()
    } else if (token === '}' && depth === 0) {
      templates.pop()
      bare += ' '
      readTemplate()
    } else {
      if (depth !== undefined && /^[{}]$/.test(token)) {
        templates[templates.length - 1] = depth + (token === '{' ? 1 : -1)
      }
      bare += token.length === 1 ? token : quotesOnly(token)
    }
  }
  return bare
}

function quotesOnly(token: string): string {
  const quote = token.charAt(0)
  if (!/["']/.test(quote)) return blank(token)
  const isClosed = token.endsWith(quote)
  return `${quote}${blank(token.slice(1, isClosed ? -1 : undefined))}${isClosed ? quote : ''}`
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}
