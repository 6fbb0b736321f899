/** Control characters, and the marks that change the direction of text: both can wreck a terminal or hide words. */
const HARMFUL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** Text that somebody else wrote, fit for one line of a message: no control characters, at most `limit` characters. */
export function plainText(text: string, limit = 300): string {
  const line = text
    .slice(0, limit * 4)
    .replaceAll(HARMFUL, ' ')
    .trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}
