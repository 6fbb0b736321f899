import path from 'node:path'
import { expect, test } from 'vitest'
import type { Order } from '../../src/generate/order.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { resolveModel } from '../../src/model/resolved-model.ts'
import { recipeKey } from '../../src/plan/recipe.ts'
import { createJobBudgets, holdOrder } from '../../src/queue/worker/job-budget.ts'
import { createConsoleLogger } from '../../src/shared/logger.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryProject } from '../temporary-project.ts'

const recipe = { provider: 'minimax', modelId: 'image-01', prompt: 'x' }
const order: Order = {
  key: recipeKey(recipe),
  recipe,
  id: 'a.image.yaml',
  name: 'a',
  references: [],
  wanted: 9,
  renew: null,
}

test.each([
  ['images', { images: 8, usd: undefined }],
  ['USD', { images: 100, usd: 0.03 }],
])(
  "a job that passes the worker's own budget in %s is refused before it is asked for",
  async (_, limit) => {
    const { root } = await temporaryProject()
    const store = openStore({ dir: path.join(root, '.imagegen'), logger: createConsoleLogger() })
    const model = await resolveModel('image-01', minimax('image-01'))
    const budgets = createJobBudgets(limit)
    await expect(holdOrder(order, model, budgets.of(order.key), store)).rejects.toMatchObject({
      code: 'budget',
    })
    await holdOrder({ ...order, wanted: 8 }, model, budgets.of(order.key), store)
  },
)

test("a job's spending counts for its next attempt, and for no other job", () => {
  const budgets = createJobBudgets({ images: 9, usd: undefined })
  budgets.of('one').spend(9, null, { name: 'image-01', provider: 'minimax', modelId: 'image-01' })
  expect(budgets.of('one').holds(1, null)).toBe(false)
  expect(budgets.of('other').holds(9, null)).toBe(true)
})
