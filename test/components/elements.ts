/** One element of a rendered picture: attributes by their names in small letters, in the order of the alphabet. */
export interface RenderedElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#34;': '"',
  '&#x27;': "'",
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
}

/** The elements of HTML as a browser reads them, so that what different renderers write can be compared. */
export function elementsOf(html: string): RenderedElement[] {
  return [...html.matchAll(/<(\w+)((?:\s+[^\s"=>/]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    ([, name = '', attributes = '']) => ({
      name,
      attributes: Object.fromEntries(
        [...attributes.matchAll(/([^\s"=]+)(?:="([^"]*)")?/g)]
          .map(([, key = '', value = '']): [string, string] => [key.toLowerCase(), decode(value)])
          .map(([key, value]) => [key, key === 'style' ? plainCss(value) : value])
          .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
      ),
    }),
  )
}

function decode(text: string): string {
  return text.replaceAll(/&#?\w+;/g, (entity) => ENTITIES[entity] ?? entity)
}

/** Without the blanks and the last semicolon, which renderers write differently. */
function plainCss(text: string): string {
  return text.replaceAll(/\s*([:;])\s*/g, '$1').replace(/;$/, '')
}
