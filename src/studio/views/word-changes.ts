import type { PromptPart } from '../protocol-records.ts'

/** Comparing more than this many pairs of words takes too long: what lies between the first and the last change is new. */
const MOST_PAIRS = 4_000_000

/** The words of a text, with those that came since another text, and those that went. */
export function wordChanges(before: string, now: string): readonly PromptPart[] {
  const [old, next] = [wordsOf(before), wordsOf(now)]
  const shortest = Math.min(old.length, next.length)
  let start = 0
  while (start < shortest && isSame(old[start], next[start])) start += 1
  let end = 0
  while (end < shortest - start && isSame(old.at(-1 - end), next.at(-1 - end))) end += 1
  const [gone, come] = [old.slice(start, old.length - end), next.slice(start, next.length - end)]
  return joined([
    ...marked(next.slice(0, start), 'same'),
    ...(gone.length * come.length > MOST_PAIRS
      ? [...marked(gone, 'removed'), ...marked(come, 'added')]
      : compared(gone, come)),
    ...marked(next.slice(next.length - end), 'same'),
  ])
}

/** A letter of a script without blanks between words, a word, or any other mark, each with the blanks before it. */
const WORD =
  /\s*(?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Khmr}\p{scx=Laoo}\p{scx=Mymr}]|[\p{L}\p{M}\p{N}'’]+|\S)/gu

function wordsOf(text: string): readonly string[] {
  // Blanks at the end precede no word, and the pattern would search them once from each of them.
  return text.trimEnd().match(WORD) ?? []
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one?.trim() === other?.trim()
}

/** By the longest common subsequence: what went stands before what came. */
function compared(old: readonly string[], next: readonly string[]): PromptPart[] {
  const width = next.length + 1
  const lengths = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = next.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = isSame(old[i], next[j])
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const parts: PromptPart[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < next.length) {
    const [gone, come] = [old[i], next[j]]
    if (gone !== undefined && come !== undefined && isSame(gone, come)) {
      parts.push({ text: come, is: 'same' })
      i += 1
      j += 1
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      parts.push({ text: gone, is: 'removed' })
      i += 1
    } else {
      parts.push({ text: come ?? '', is: 'added' })
      j += 1
    }
  }
  return parts
}

function marked(words: readonly string[], is: PromptPart['is']): PromptPart[] {
  return words.length === 0 ? [] : [{ text: words.join(''), is }]
}

function joined(parts: readonly PromptPart[]): PromptPart[] {
  const all: PromptPart[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (last?.is === part.is) all[all.length - 1] = { text: last.text + part.text, is: part.is }
    else all.push(part)
  }
  return all
}
