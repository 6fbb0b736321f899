import { largestOf, type Mention, namesManifest, ofWidth, widthsOf } from './mention.ts'

/** A candidate of a `srcset`. */
interface Candidate {
  readonly start: number
  readonly url: string
  /** `2x`, `640w` or `''`. */
  readonly descriptor: string
}

/**
 * The manifests that a `srcset` names. An image without a descriptor stands for all of its widths if it is alone, and
 * one with a width for the file of that width.
 *
 * @param type the media type that the element asks for.
 */
export function srcsetMentions(text: string, type: string | undefined): Mention[] {
  const candidates = candidatesOf(text)
  return candidates
    .filter(({ url }) => namesManifest(url))
    .map(({ start, url, descriptor }) => ({
      start,
      end: start + url.length,
      at: start,
      url,
      write(image) {
        if (descriptor === '' && candidates.length === 1) {
          const all = widthsOf(image, type)
          return all.map((each) => `${image.urlOf(each)} ${each.width}w`).join(', ')
        }
        const width = /^(\d+)w\b/.exec(descriptor)?.[1]
        return image.urlOf(
          width === undefined ? largestOf(image, type) : ofWidth(image, type, Number(width)),
        )
      },
    }))
}

/** @see https://html.spec.whatwg.org/multipage/images.html#parse-a-srcset-attribute */
function candidatesOf(text: string): Candidate[] {
  const candidates: Candidate[] = []
  const pattern = /[\s,]*(\S+)/y
  for (let at = 0; ;) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return candidates
    const [all, written = ''] = match
    const url = written.replace(/,+$/, '')
    const start = at + all.length - written.length
    at += all.length
    let descriptor = ''
    if (url === written) {
      const [rest = ''] = /^(?:\([^)]*\)|[^,(])*/.exec(text.slice(at)) ?? []
      descriptor = rest.trim()
      at += rest.length
    }
    if (url !== '') candidates.push({ start, url, descriptor })
  }
}
