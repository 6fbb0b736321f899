/**
 * @param {readonly import('./row.mjs').Row[]} rows
 * @returns {string} a table as the README has it
 */
export function tableOf(rows) {
  const cells = [
    ['figure', 'measured against', 'to reach', 'reached', ''],
    ...rows.map((row) => [row.figure, row.against, row.target, row.reached, row.verdict]),
  ]
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(3, ...cells.map((row) => [...(row[column] ?? '')].length)),
  )
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/**
 * @param {readonly import('./row.mjs').Row[]} rows
 * @param {{ readonly machine: string, readonly isQuick: boolean }} about
 * @returns {string}
 */
export function jsonOf(rows, { machine, isQuick }) {
  const figures = rows.map(({ figure, against, target, verdict, ratio, spread }) => ({
    figure,
    against,
    target,
    verdict,
    ratio,
    spread,
  }))
  return `${JSON.stringify({ version: 1, machine, quick: isQuick, figures }, undefined, 2)}\n`
}
