import type { Pipeline, Survey } from '../../pipeline.ts'
import { spendingOf, type Spent } from '../../pipeline/records/spend.ts'
import type { SpendPage } from '../protocol-records.ts'

/** What was spent, with a page of the manifests. */
export function spendPage(
  { after, limit }: { readonly after: number; readonly limit: number },
  { options }: Pipeline,
  survey: Survey,
  revision: number,
): SpendPage {
  const { total, months, models, manifests, adopted, unreadable } = spendingOf(survey)
  const dearest = [...manifests].toSorted(byMoney)
  const end = after + limit
  return {
    revision,
    total,
    months: [...months]
      .toSorted(([left], [right]) => (left < right ? 1 : -1))
      .map(([name, spent]) => ({ name, ...spent })),
    models: [...models].toSorted(byMoney).map(([name, spent]) => ({ name, ...spent })),
    manifests: dearest.slice(after, end).map(([name, spent]) => ({
      name: name ?? null,
      isThere: name !== undefined && survey.manifestAt(name) !== undefined,
      ...spent,
    })),
    manifestCount: dearest.length,
    next: end < dearest.length ? String(end) : null,
    adopted,
    unreadable,
    hasRemote: options.remote !== undefined,
  }
}

/** The dearest first; where money does not decide, by pictures, then by name. */
function byMoney(
  [name, one]: readonly [string | undefined, Spent],
  [other, another]: readonly [string | undefined, Spent],
): number {
  const money = (another.usd ?? 0) - (one.usd ?? 0)
  const pictures = another.pictures + another.unusable - one.pictures - one.unusable
  return money || pictures || ((name ?? '') < (other ?? '') ? -1 : 1)
}
