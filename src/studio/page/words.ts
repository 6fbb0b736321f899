import type { PictureOrigin, TileState, Usd } from '../protocol.ts'

/** `0.0035 USD`; money that is unknown is said to be unknown. Prices are known to millionths of a dollar. */
export function moneyOf(usd: Usd): string {
  if (usd === null) return 'unknown price'
  return `${usd.toLocaleString('en', { maximumFractionDigits: usd < 1 ? 6 : 2, useGrouping: true })} USD`
}

/** `1 image`, `3 images`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** `24 kB`: steps of a thousand, as file managers count. */
export function bytesOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB']
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}

/** `2 min 5 s`. */
export function durationOf(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** In the reader's own time zone. */
export function timeOf(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

export const STATE_WORDS: Readonly<Record<TileState, string>> = {
  current: 'Current',
  outdated: 'Outdated',
  missing: 'Missing',
  unusable: 'Unusable',
  unavailable: 'Unavailable',
  blocked: 'Blocked',
}

export const ORIGIN_WORDS: Readonly<Record<PictureOrigin, string>> = {
  provider: 'from the provider',
  elsewhere: 'adopted',
  edited: 'edited by hand',
  source: 'made by hand',
}
