import type { PlannedImage } from '../../plan/plan.ts'
import { groupBy } from '../../shared/group-by.ts'
import type { AnyReceipt } from '../../store/receipt.ts'
import type { Survey } from '../survey.ts'

type OwnedReceipt = Pick<AnyReceipt, 'entry' | 'key' | 'name'>

/** Which images receipts belong to. */
export interface ReceiptOwners {
  /** The image that asked for a receipt's picture, if it still exists. */
  imageOf(receipt: OwnedReceipt): PlannedImage | undefined
  /** The manifest that asked for it, from the root, whether it still exists or not; undefined if nothing tells. */
  manifestOf(receipt: OwnedReceipt): string | undefined
}

/**
 * A receipt belongs to the image that it names. If that one is gone, or the receipt is of version 1, which names none, it
 * belongs to the image that has its key now: renaming an image costs nothing and leaves its receipts. A receipt of version
 * 1 with another key belongs to the only image of its name.
 */
export function receiptOwners({ images, plan }: Survey): ReceiptOwners {
  let byKey: ReadonlyMap<string | undefined, readonly PlannedImage[]> | undefined
  let byName: ReadonlyMap<string, readonly PlannedImage[]> | undefined
  const only = (found: readonly PlannedImage[] = []): PlannedImage | undefined =>
    found.length === 1 ? found[0] : undefined

  function imageOf({ entry, key, name }: OwnedReceipt): PlannedImage | undefined {
    const named = entry === undefined ? undefined : images.get(entry)
    if (named !== undefined) return named
    byKey ??= groupBy(plan.images, ({ made }) => made?.key)
    const holder = only(byKey.get(key))
    if (holder !== undefined || entry !== undefined) return holder
    byName ??= groupBy(plan.images, (image) => image.entry.name)
    return only(byName.get(name))
  }

  return {
    imageOf,
    manifestOf(receipt) {
      const path = imageOf(receipt)?.entry.manifest.path ?? receipt.entry?.split('#', 1)[0]
      return path === '' ? undefined : path
    },
  }
}
