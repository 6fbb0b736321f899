import { isAsExpected } from './steps.mjs'

/**
 * @import { Outcome, Step } from './steps.mjs'
 */

/** @param {readonly Step[]} steps */
export function tableHead(steps) {
  return [
    row(steps, '', 'requests', '', '', ''),
    row(steps, 'build', 'expected', 'measured', 'seconds', 'pictures'),
  ].join('\n')
}

/**
 * @param {readonly Step[]} steps
 * @param {Outcome} outcome
 */
export function tableRow(steps, outcome) {
  const { step, requests, made, seconds } = outcome
  const isComplete = made.length === steps[0]?.expected.length
  const pictures = made.length === 0 ? '' : isComplete ? `all ${made.length}` : made.join(', ')
  const note = isAsExpected(outcome) ? pictures : `${pictures}  <- not as expected`
  return row(steps, step.title, `${step.expected.length}`, `${requests}`, seconds.toFixed(1), note)
}

/**
 * @param {readonly Step[]} steps
 * @param {string} title
 * @param {[expected: string, measured: string, seconds: string, note: string]} cells
 */
function row(steps, title, ...[expected, measured, seconds, note]) {
  const wide = Math.max(...steps.map((step) => step.title.length))
  const numbers = [expected, measured, seconds].map((cell) => cell.padStart(10)).join('')
  return `  ${title.padEnd(wide)}${numbers}  ${note}`.trimEnd()
}
