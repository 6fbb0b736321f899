import {
  letteringColumns,
  letteringPath,
  measureLettering,
  wrapLettering,
} from '../../pixels/lettering.ts'
import { box, filled } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** A card along the lower edge: the prompt in at most two lines, with a line of facts below. `top` is in pixels. */
export function drawCaption(
  prompt: string,
  facts: string,
  { width, height, palette }: Canvas,
): { readonly svg: string; readonly top: number } {
  const pixel = Math.max(2, Math.round(width / 440))
  const small = Math.max(1, pixel - 1)
  const margin = Math.round(width / 42)
  const padding = pixel * 7
  const columns = letteringColumns(width - 2 * (margin + padding), pixel)
  const text = wrapLettering(prompt, columns, 2).join('\n')
  const textHeight = measureLettering(text, pixel).height
  const inner = textHeight + pixel * 3 + measureLettering(facts, small).height
  const top = height - margin - inner - 2 * padding
  const x = margin + padding
  const y = top + padding
  const factsPath = letteringPath(facts, { x, y: y + textHeight + pixel * 3, pixel: small })
  const svg = [
    `<rect x="${margin}" y="${top}" width="${width - 2 * margin}" height="${inner + 2 * padding}" rx="${pixel * 4}" fill="${palette.ink}" fill-opacity=".88"/>`,
    filled(box(margin, y, pixel * 2, inner), palette.accent),
    '<g shape-rendering="crispEdges">',
    filled(letteringPath(text, { x, y, pixel }), palette.paper),
    filled(factsPath, palette.paper, 0.6),
    '</g>',
  ]
  return { top, svg: svg.join('') }
}
