import { signal, type Signal } from '@preact/signals'
import { FITTING, type Zoom } from './zoom.ts'

/** `alone`: one at a time, and the other one while Space is held; `all`: every picture, the others are of two. */
export type CompareMode = 'alone' | 'beside' | 'swipe' | 'difference' | 'all'

/** Around a picture nothing has a colour, so that nothing changes how it looks. */
export const BACKDROPS = ['quiet', 'light', 'dark', 'checkerboard'] as const

export type Backdrop = (typeof BACKDROPS)[number]

/** How pictures are looked at. It stays from picture to picture. */
export interface Viewing {
  readonly mode: Signal<CompareMode>
  readonly zoom: Signal<Zoom>
  readonly backdrop: Signal<Backdrop>
  /** Where two pictures meet while swiping, in percent of the width. */
  readonly edge: Signal<number>
  /** Whether small differences are made visible. */
  readonly isAmplified: Signal<boolean>
}

export function createViewing(mode: CompareMode): Viewing {
  return {
    mode: signal(mode),
    zoom: signal(FITTING),
    backdrop: signal<Backdrop>('quiet'),
    edge: signal(50),
    isAmplified: signal(false),
  }
}
