import { drawDesert, drawForest, drawGrove, drawHills, drawMountains } from './country.ts'
import type { Random } from './random.ts'
import { drawRoom } from './room.ts'
import type { Canvas } from './shapes.ts'
import { drawShore } from './shore.ts'
import { drawSky } from './sky.ts'
import { drawTown } from './town.ts'

export type Place = 'hills' | 'mountains' | 'shore' | 'town' | 'forest' | 'desert' | 'room'

/** The place that the prompt's words name, else one that chance takes. */
export function choosePlace(prompt: string, random: Random): Place {
  const named = WORDS.find(([, words]) => words.test(prompt))
  return named?.[0] ?? random.pick(['hills', 'mountains', 'shore', 'town', 'forest', 'desert'])
}

const WORDS: ReadonlyArray<readonly [Place, RegExp]> = [
  ['room', /\b(library|room|kitchen|indoors?|interior|caf[eé]|office|desk|workshop|studio)\b/i],
  ['shore', /\b(sea|ocean|boats?|ships?|harbou?r|coast\w*|beach|island|lake|river|lighthouse)\b/i],
  ['town', /\b(city|town|street|skyline|roofs?|rooftops?|buildings?|market|tower)\b/i],
  ['forest', /\b(forest|woods?|trees?|jungle|pines?|grove|park)\b/i],
  ['desert', /\b(desert|dunes?|canyon|sand|mesa|mars)\b/i],
  ['mountains', /\b(mountains?|peaks?|alps|alpine|summit|cliffs?|volcan\w*|glacier)\b/i],
  ['hills', /\b(hills?|meadow|fields?|garden|valley|farm|village|countryside)\b/i],
]

/** Everything behind the people. */
export function drawPlace(place: Place, canvas: Canvas): string {
  return DRAW[place](canvas)
}

const DRAW: Readonly<Record<Place, (canvas: Canvas) => string>> = {
  hills: (canvas) => drawSky(canvas) + drawHills(canvas, 0.5) + drawGrove(canvas, 0.8),
  mountains: (canvas) =>
    drawSky(canvas) + drawMountains(canvas) + drawHills(canvas, 0.68) + drawGrove(canvas, 0.82),
  shore: (canvas) => drawSky(canvas) + drawShore(canvas),
  town: (canvas) => drawSky(canvas) + drawTown(canvas),
  forest: (canvas) => drawSky(canvas) + drawHills(canvas, 0.46) + drawForest(canvas),
  desert: (canvas) => drawSky(canvas) + drawDesert(canvas),
  room: (canvas) =>
    drawRoom(canvas, (view) => drawPlace(view.random.pick(['hills', 'mountains', 'town']), view)),
}
