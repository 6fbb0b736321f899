import {
  createBudget,
  describeLimit,
  unknownPrice,
  type Budget,
  type BudgetLimit,
} from '../../generate/budget.ts'
import type { Order } from '../../generate/order.ts'
import { priceOf } from '../../generate/request.ts'
import { usableFor } from '../../generate/renewal.ts'
import type { ResolvedModel } from '../../model/resolved-model.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Store } from '../../store/store.ts'

/**
 * The worker's own budget, which limits every job. A job's stated run budget is not enough, because anyone who can
 * write to the queue's server can write it.
 */
export interface JobBudgets {
  /** The budget of a job, with what this worker has spent on it in earlier attempts. */
  of(key: string): Budget
  /** Forgets a job that has ended. */
  close(key: string): void
}

export function createJobBudgets(limit: BudgetLimit): JobBudgets {
  const budgets = new Map<string, Budget>()
  return {
    of(key) {
      const budget = budgets.get(key) ?? createBudget(limit)
      budgets.set(key, budget)
      return budget
    },
    close: (key) => void budgets.delete(key),
  }
}

/**
 * Checks that the missing pictures of an order fit into the worker's budget, before the first request.
 *
 * @throws ImagegenError with code `budget`.
 */
export async function holdOrder(
  order: Order,
  model: ResolvedModel,
  budget: Budget,
  store: Store,
): Promise<void> {
  const record = await store.readKey({ key: order.key, candidates: order.wanted })
  // The code that processes the order reports errors.
  if (record.problems.length > 0) return
  const missing = order.wanted - usableFor(order, record).length
  if (missing <= 0) return
  const price = priceOf(order, model, missing)
  if (budget.holds(missing, price)) return
  if (budget.limit.usd !== undefined && price === null) {
    throw new ImagegenError('budget', unknownPrice(budget.limit, model))
  }
  throw new ImagegenError('budget', {
    message: `It needs ${missing} pictures, and this worker's budget for one job is ${describeLimit(budget.limit)}. Nothing was requested.`,
    hint: "Raise the option `budget` in the worker's configuration, or lower `n`.",
  })
}
