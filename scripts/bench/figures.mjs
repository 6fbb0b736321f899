import { measurePlan } from './figures/plan.mjs'

/**
 * Every figure, by the name by which the command line knows it.
 *
 * @type {Readonly<Record<string, (settings: import('./row.mjs').Settings) => Promise<import('./row.mjs').Row[]>>>}
 */
export const FIGURES = {
  plan: measurePlan,
}
