import { measureEncoders } from './figures/encoders.mjs'
import { measureGenerate } from './figures/generate.mjs'
import { measureGrowth } from './figures/growth.mjs'
import { measureMemory } from './figures/memory.mjs'
import { measurePlan } from './figures/plan.mjs'
import { measureQueue } from './figures/queue.mjs'
import { measureRender } from './figures/render.mjs'
import { measureStart } from './figures/start.mjs'
import { measureStudio } from './figures/studio.mjs'
import { measureDevEdit, measureDevStart } from './figures/vite-dev.mjs'
import { measureViteCold } from './figures/vite-cold.mjs'
import { measureViteWarm } from './figures/vite-warm.mjs'

/**
 * Every figure, by the name by which the command line knows it.
 *
 * @type {Readonly<Record<string, (settings: import('./row.mjs').Settings) => Promise<import('./row.mjs').Row[]>>>}
 */
export const FIGURES = {
  render: measureRender,
  vite: measureViteCold,
  generate: measureGenerate,
  memory: measureMemory,
  'vite-warm': measureViteWarm,
  plan: measurePlan,
  growth: measureGrowth,
  'dev-start': measureDevStart,
  'dev-edit': measureDevEdit,
  encoders: measureEncoders,
  start: measureStart,
  studio: measureStudio,
  queue: measureQueue,
}
