/**
 * Runs several sides in turn, so that what disturbs the machine disturbs all of them: the order is turned round from
 * round to round, and a ratio is taken within a round.
 *
 * @template {string} Side
 * @param {Readonly<Record<Side, () => Promise<import('./run.mjs').Sample>>>} sides
 * @param {number} runs
 * @returns {Promise<Round<Side>[]>}
 */
export async function rounds(sides, runs) {
  const names = /** @type {Side[]} */ (Object.keys(sides))
  /** @type {Round<Side>[]} */
  const all = []
  for (let index = 0; index < runs; index++) {
    const round = /** @type {Round<Side>} */ ({})
    for (const name of index % 2 === 0 ? names : names.toReversed()) {
      round[name] = await sides[name]()
    }
    all.push(round)
  }
  return all
}

/**
 * @template {string} Side
 * @typedef {Record<Side, import('./run.mjs').Sample>} Round
 */
