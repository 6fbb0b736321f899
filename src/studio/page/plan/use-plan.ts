import { useEffect, useState } from 'preact/hooks'
import type { PlanPage, PlanRow } from '../../protocol-actions.ts'
import { useStudio, wordsOf } from '../studio.ts'

/** Everything that needs attention, with the first page's facts on money. */
export interface WholePlan {
  readonly facts: PlanPage
  readonly rows: readonly PlanRow[]
}

/** Loaded again whenever something in the project changed; what is on the screen stays until then. */
export function usePlan(): { readonly plan: WholePlan | null; readonly problem: string | null } {
  const { connection, revision, link } = useStudio()
  const [plan, setPlan] = useState<WholePlan | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    let isOld = false
    const load = async (): Promise<void> => {
      const facts = await connection.plan({})
      const rows = [...facts.images]
      for (let { next } = facts; next !== null && !isOld;) {
        const page = await connection.plan({ after: next })
        rows.push(...page.images)
        next = page.next
      }
      if (isOld) return
      setProblem(null)
      setPlan({ facts, rows })
    }
    load().catch((error: unknown) => {
      if (!isOld && link.value.at === 'live') setProblem(wordsOf(error))
    })
    return () => {
      isOld = true
    }
  }, [connection, revision.value])
  return { plan, problem }
}
