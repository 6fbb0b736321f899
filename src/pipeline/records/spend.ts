import { roundUsd } from '../../plan/bill.ts'
import { isUnusable, type AnyReceipt } from '../../store/receipt.ts'
import type { StoreProblemKind } from '../../store/store-problem.ts'
import type { Survey } from '../survey.ts'
import { receiptOwners } from './receipt-owner.ts'

/** A sum over receipts. */
export interface Spent {
  /** Pictures that can be used. */
  readonly pictures: number
  /** Paid answers that cannot be used. */
  readonly unusable: number
  /** In USD, of those with a price; `null`: none of them has one. */
  readonly usd: number | null
  /** Pictures, usable or not, whose price is unknown. */
  readonly unpriced: number
}

/** What was spent, by several names. */
export interface Spending {
  readonly total: Spent
  /** `2026-11`, in UTC. */
  readonly months: ReadonlyMap<string, Spent>
  /** Provider and model. */
  readonly models: ReadonlyMap<string, Spent>
  /** By the manifest's path from the root; `undefined`: no receipt names one. */
  readonly manifests: ReadonlyMap<string | undefined, Spent>
  /** Adopted pictures, which cost nothing and are in none of the sums. */
  readonly adopted: number
  /** Files of the store that may prove a payment and cannot be read. */
  readonly unreadable: number
}

/** Adds up what was paid, from the receipts of the store and of its trash. */
export function spendingOf(survey: Survey): Spending {
  const owners = receiptOwners(survey)
  const [total, months, models, manifests] = [sums(), sums(), sums(), sums<string | undefined>()]
  let adopted = 0
  for (const receipt of paidReceipts(survey)) {
    if (isAdopted(receipt)) {
      adopted += 1
      continue
    }
    total.add('', receipt)
    months.add(receipt.time.slice(0, 7), receipt)
    models.add(`${receipt.provider} ${receipt.model}`, receipt)
    manifests.add(owners.manifestOf(receipt), receipt)
  }
  const { problems } = survey.snapshot.everything()
  return {
    total: total.all().get('') ?? NOTHING,
    months: months.all(),
    models: models.all(),
    manifests: manifests.all(),
    adopted,
    unreadable: problems.filter(({ kind }) => MAY_PROVE_PAYMENT.has(kind)).length,
  }
}

/** Whether a receipt is of a picture that a person gave, for which nothing was paid. */
export function isAdopted({ origin = 'provider' }: Pick<AnyReceipt, 'origin'>): boolean {
  return origin !== 'provider'
}

const NOTHING: Spent = { pictures: 0, unusable: 0, usd: 0, unpriced: 0 }

const MAY_PROVE_PAYMENT: ReadonlySet<StoreProblemKind> = new Set<StoreProblemKind>([
  'receipt-damaged',
  'receipt-conflict',
  'receipt-version',
  'receipt-lfs-pointer',
  'receipt-mismatch',
  'receipt-misnamed',
  'receipt-absent',
  'response-pending',
  'response-damaged',
])

/** Each payment once: branches may have brought the same receipt under two names, or back from the trash. */
function paidReceipts({ snapshot }: Survey): Iterable<AnyReceipt> {
  const { candidates, unusable } = snapshot.everything()
  const trash = snapshot.trashed()
  const all: readonly AnyReceipt[] = [
    ...candidates.map(({ receipt }) => receipt),
    ...unusable.map(({ marker }) => marker),
    ...trash.pictures.map(({ receipt }) => receipt),
    ...trash.unusable,
  ]
  return new Map(
    all.map((receipt) => {
      const { key, sha256, responseId } = receipt
      return [`${key} ${sha256} ${isUnusable(receipt) ? responseId : 'usable'}`, receipt] as const
    }),
  ).values()
}

interface Sums<Name> {
  add(name: Name, receipt: AnyReceipt): void
  all(): ReadonlyMap<Name, Spent>
}

function sums<Name = string>(): Sums<Name> {
  const known = new Map<Name, Spent>()
  return {
    add(name, receipt) {
      const { pictures, unusable, usd, unpriced } = known.get(name) ?? { ...NOTHING, usd: null }
      const isUsable = !isUnusable(receipt)
      known.set(name, {
        pictures: pictures + (isUsable ? 1 : 0),
        unusable: unusable + (isUsable ? 0 : 1),
        usd: receipt.usd === null ? usd : (usd ?? 0) + receipt.usd,
        unpriced: unpriced + (receipt.usd === null ? 1 : 0),
      })
    },
    all: () =>
      new Map(
        [...known].map(([name, sum]) => [
          name,
          { ...sum, usd: sum.usd === null ? null : roundUsd(sum.usd) },
        ]),
      ),
  }
}
