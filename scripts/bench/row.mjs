/**
 * A line of the table.
 *
 * @typedef {object} Row
 * @property {string} figure what was measured
 * @property {string} against the reference, in the same run
 * @property {string} target
 * @property {string} reached with the spread over the runs
 * @property {'reached' | 'missed' | 'reported'} verdict
 * @property {number | null} ratio for programs: the median, in the unit of the target
 * @property {readonly [number, number] | null} spread the least and the most of the runs
 */

/**
 * What figures are measured with.
 *
 * @typedef {object} Settings
 * @property {import('./workspace.mjs').Workspace} workspace
 * @property {Scale} scale
 */

/**
 * How much is measured.
 *
 * @typedef {object} Scale
 * @property {number} runs rounds, in each of which every side has its turn
 * @property {(full: number, quick: number) => number} of a count, by the form of the benchmark
 * @property {boolean} isQuick
 */

/**
 * Holds what was measured against its target.
 *
 * @param {object} measured
 * @param {string} measured.figure
 * @param {string} measured.against
 * @param {readonly number[]} measured.values one a run; the median counts
 * @param {'×' | 's'} measured.unit
 * @param {number} [measured.most]
 * @param {number} [measured.least] instead of `most`
 * @param {string} [measured.aside] what else is worth knowing, such as absolute times
 * @returns {Row}
 */
export function judged({ figure, against, values, unit, most, least, aside }) {
  const middle = median(values)
  const spread = /** @type {const} */ ([Math.min(...values), Math.max(...values)])
  const isReached =
    (most === undefined || middle <= most) && (least === undefined || middle >= least)
  const show = (/** @type {number} */ value) => (unit === 's' ? seconds(value) : value.toFixed(2))
  return {
    figure,
    against,
    target: most === undefined ? `at least ${least} ${unit}` : `at most ${most} ${unit}`,
    reached: [
      `${show(middle)} ${unit}`,
      values.length > 1 ? ` (${show(spread[0])} to ${show(spread[1])})` : '',
      aside === undefined ? '' : `; ${aside}`,
    ].join(''),
    verdict: isReached ? 'reached' : 'missed',
    ratio: middle,
    spread,
  }
}

/**
 * @param {readonly number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[sorted.length / 2 - 1] ?? NaN)) / 2
}

/**
 * @param {number} value
 * @returns {string}
 */
export function seconds(value) {
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1)
}
