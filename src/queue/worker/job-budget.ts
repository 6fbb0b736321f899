import {
  createBudget,
  describeLimit,
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
 * The worker's own budget, held against every job by itself: what a job says of its run's budget was written by
 * whoever can write to the queue's server.
 */
export interface JobBudgets {
  /** The budget of a job, with what this worker has spent on it in earlier tries. */
  of(key: string): Budget
  /** Forgets a job that came to its end. */
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
 * Holds what an order still lacks against the worker's budget, before the first request.
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
  // What is wrong there is told by who makes the order.
  if (record.problems.length > 0) return
  const missing = order.wanted - usableFor(order, record).length
  if (missing <= 0) return
  if (budget.holds(missing, priceOf(order, model, missing))) return
  throw new ImagegenError('budget', {
    message: `It needs ${missing} pictures, and this worker's budget for one job is ${describeLimit(budget.limit)}. Nothing was asked for.`,
    hint: "Raise the option `budget` in the worker's configuration, or lower `n`.",
  })
}
