/**
 * A short SVG that takes ten times as much drawing with each level.
 *
 * @param times how often the last one is drawn.
 */
export function svgBomb(levels: number, times = 1): Buffer {
  const groups = Array.from(
    { length: levels },
    (_, level) => `<g id="u${level + 1}">${`<use href="#u${level}"/>`.repeat(10)}</g>`,
  )
  const parts = `<defs><path id="u0" d="M0 0h9v9z"/>${groups.join('')}</defs>`
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${parts}${`<use href="#u${levels}"/>`.repeat(times)}</svg>`,
  )
}
