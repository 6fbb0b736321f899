import {
  STROKE_CAPITALS,
  STROKE_WIDTH,
  strokePath,
  strokesWide,
  wrapStrokes,
} from '../pixels/stroke-lettering.ts'
import type { Size } from './operation-size.ts'

/** Why a dev server shows a placeholder. */
export type PlaceholderLabel =
  | { readonly kind: 'no-key' }
  | { readonly kind: 'being-made' }
  | { readonly kind: 'over-budget' }
  /** Nothing asks for it until the user does. */
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'failed'; readonly reason: string }

/** What a dev server draws over a picture that is not the wanted one. */
export interface Notice {
  readonly label: PlaceholderLabel
  /** Whether the picture below is an earlier one, which must not be taken for the new one. */
  readonly isDimmed: boolean
}

/** In pixels; narrower pictures have no label. */
const NARROWEST = 96

/** Sizes in dots of the lettering, which grow with the picture. */
const MARGIN = 4.5
const PADDING = 4.5
const ICON = 9
const ICON_GAP = 4
const LINE = 11

/** The part of the height that a label with a reason may cover: a placeholder has its name in the middle. */
const MOST_OF_HEIGHT = 0.4

/**
 * The drawing that lies over a picture, as an SVG of its size.
 *
 * @returns undefined where there is nothing to draw.
 */
export function noticeSvg({ label, isDimmed }: Notice, size: Size): string | undefined {
  const veil = isDimmed ? '<rect width="100%" height="100%" fill="#14161d" opacity=".58"/>' : ''
  const drawn = veil + labelOf(label, size)
  if (drawn === '') return undefined
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${drawn}</svg>`
}

/** A rounded plate in the lower left corner: an icon, the word, and the reason below. */
function labelOf(label: PlaceholderLabel, { width, height }: Size): string {
  if (width < NARROWEST) return ''
  const dot = dotFor({ width, height })
  if (dot < 1) return ''
  const { word, colour, icon } = FACES[label.kind]
  const room = width / dot - 2 * MARGIN - 2 * PADDING
  const beside = ICON + ICON_GAP
  const roomBelow = (height / dot) * MOST_OF_HEIGHT - MARGIN - 2 * PADDING - STROKE_CAPITALS
  const most = Math.min(Math.floor(roomBelow / LINE), 3)
  const reason =
    label.kind === 'failed' && most > 0 ? wrapStrokes(label.reason, room - beside, most) : []
  const lines = [word, ...reason]
  const wide = Math.max(...lines.map((line) => strokesWide(line))) + beside + 2 * PADDING
  const high = (lines.length - 1) * LINE + STROKE_CAPITALS + 2 * PADDING
  const left = MARGIN
  const top = height / dot - MARGIN - high

  const textAt = (line: string, index: number): string => {
    const y = top + PADDING + index * LINE
    const path = strokePath(line, { x: left + PADDING + beside, y, dot: 1 })
    return `<path d="${path}" stroke="${index === 0 ? '#fff' : '#d5d8e0'}"/>`
  }
  const iconTop = top + PADDING + STROKE_CAPITALS / 2 - ICON / 2
  return (
    `<g transform="scale(${dot})" fill="none" stroke-width="${STROKE_WIDTH}" stroke-linecap="round" stroke-linejoin="round">` +
    `<rect x="${left}" y="${top}" width="${wide}" height="${high}" rx="5" fill="#14161d" fill-opacity=".9" stroke="#fff" stroke-opacity=".22" stroke-width=".6"/>` +
    `<path transform="translate(${left + PADDING} ${iconTop})" stroke="${colour}" d="${icon}"/>` +
    `${lines.map(textAt).join('')}</g>`
  )
}

/** The size of a dot in pixels. Pages show large files smaller than they are, so the label grows with them. */
function dotFor({ width, height }: Size): number {
  const wanted = Math.max(1, Math.round((width + 120) / 190) / 2)
  const high = STROKE_CAPITALS + 2 * PADDING + 2
  // A banner has room for less.
  return Math.min(wanted, Math.floor((2 * height) / high) / 2)
}

interface Face {
  readonly word: string
  readonly colour: string
  /** On a grid of 9 by 9. */
  readonly icon: string
}

const FACES: Readonly<Record<PlaceholderLabel['kind'], Face>> = {
  // A key.
  'no-key': {
    word: 'No API key',
    colour: '#ffc94d',
    icon: 'M4.600 4.500a2 2 0 1 1 -4 0a2 2 0 1 1 4 0h4v1.800M6.600 4.500v1.500',
  },
  // A circle that is not closed yet.
  'being-made': {
    word: 'Being made',
    colour: '#6fc3ff',
    icon: 'M4.500 .8a3.700 3.700 0 1 1 -3.700 3.700',
  },
  // A coin that is crossed out.
  'over-budget': {
    word: 'Over budget',
    colour: '#ffc94d',
    icon: 'M8.200 4.500a3.700 3.700 0 1 1 -7.400 0a3.700 3.700 0 1 1 7.400 0M1.900 7.100l5.200 -5.200',
  },
  // A frame with nothing in it.
  'not-asked': {
    word: 'Not made yet',
    colour: '#c9cedb',
    icon: 'M1 1h7v7h-7z',
  },
  failed: {
    word: 'Failed',
    colour: '#ff8a7a',
    icon: 'M8.200 4.500a3.700 3.700 0 1 1 -7.400 0a3.700 3.700 0 1 1 7.400 0M4.500 2.500v2.400M4.500 6.600v.01',
  },
}
