import type { ImageProgress } from '../protocol.ts'
import { countOf } from './words.ts'

/** How far an image of a run is, in words. */
export interface ProgressWords {
  readonly title: string
  readonly detail: string
}

export function progressWords(progress: ImageProgress): ProgressWords {
  switch (progress.at) {
    case 'waiting':
      return { title: 'Waiting', detail: waitingFor(progress) }
    case 'asked':
      return { title: 'Being made', detail: `${countOf(progress.pictures, 'picture')} asked for` }
    case 'retrying':
      return { title: 'Asked again', detail: progress.words }
    case 'arrived':
      return { title: 'Arrived', detail: '' }
    case 'stored':
      return { title: 'Stored', detail: '' }
    case 'failed': {
      const { message, hint } = progress.problem
      return { title: 'Failed', detail: [message, hint].filter(Boolean).join(' ') }
    }
    case 'not-asked':
      return { title: 'Not asked for', detail: '' }
  }
}

function waitingFor(progress: Extract<ImageProgress, { at: 'waiting' }>): string {
  const until =
    progress.until === null
      ? ''
      : ` until ${new Date(progress.until).toLocaleTimeString(undefined, { timeStyle: 'medium' })}`
  switch (progress.for.what) {
    case 'turn':
      return `for its turn${until}`
    case 'rate-limit':
      return progress.for.perMinute === null
        ? `for the rate limit${until}`
        : `for the rate limit of ${progress.for.perMinute} a minute${until}`
    case 'another-process':
      return `for another process that asks for the same${until}`
  }
}
