import { manifestDigest, type Survey } from '../../pipeline.ts'
import { leftOver } from '../../pipeline/records/left-over.ts'
import { receiptOwners, type ReceiptOwners } from '../../pipeline/records/receipt-owner.ts'
import { groupBy } from '../../shared/group-by.ts'
import type { Pictures, StoredPicture } from '../listener/pictures.ts'
import type { LeftOver, LeftOverPage, LeftOverPlace, OriginalId } from '../protocol-records.ts'
import { storedOriginal } from './stored-original.ts'

type TrashedPicture = ReturnType<Survey['snapshot']['trashed']>['pictures'][number]

/** By what names them; the same picture may be there under several file names. */
type Originals<Picture> = ReadonlyMap<OriginalId, readonly [Picture, ...Picture[]]>

/** The originals that no manifest asks for, the newest first. */
export function unaskedOriginals(survey: Survey): Originals<StoredPicture> {
  return groupBy(leftOver(survey).toSorted(newestFirst), idOf)
}

/** The originals in the trash, the newest first. */
export function trashedOriginals(survey: Survey): Originals<TrashedPicture> {
  return groupBy(trashedOnly(survey).toSorted(newestFirst), idOf)
}

function newestFirst({ receipt: left }: StoredPicture, { receipt: right }: StoredPicture): number {
  const isSame = left.time === right.time
  return (isSame ? left.sha256 < right.sha256 : left.time < right.time) ? 1 : -1
}

/** What came back already, from git or a second copy, is not in the trash any more. */
function trashedOnly({ snapshot }: Survey): readonly TrashedPicture[] {
  const there = new Set(snapshot.everything().candidates.map(idOf))
  return snapshot.trashed().pictures.filter((one) => !there.has(idOf(one)))
}

function idOf({ receipt: { key, sha256 } }: StoredPicture): OriginalId {
  return `${key}.${sha256}`
}

/** A page of them. */
export function leftOverPage(
  place: LeftOverPlace,
  { after, limit }: { readonly after: number; readonly limit: number },
  survey: Survey,
  pictures: Pictures,
  revision: number,
): LeftOverPage {
  const [unasked, trashed] = [unaskedOriginals(survey), trashedOriginals(survey)]
  const [here, other] = place === 'store' ? [unasked, trashed] : [trashed, unasked]
  const all = [...here]
  const owners = receiptOwners(survey)
  const end = after + limit
  return {
    revision,
    total: all.length,
    bytes: all.reduce((sum, [, [{ receipt }]]) => sum + receipt.bytes, 0),
    originals: all
      .slice(after, end)
      .map(([original, [candidate]]) => rowOf(original, candidate, owners, pictures)),
    next: end < all.length ? String(end) : null,
    elsewhere: other.size,
  }
}

function rowOf(
  original: OriginalId,
  candidate: StoredPicture,
  owners: ReceiptOwners,
  pictures: Pictures,
): LeftOver {
  const { receipt } = candidate
  const { key, name, entry = null, model, recipe } = receipt
  const image = owners.imageOf(receipt)?.entry
  const prompt = recipe['prompt']
  return {
    ...storedOriginal(candidate, pictures),
    original,
    key,
    name,
    entry,
    model,
    image: image === undefined ? null : { id: image.id, digest: manifestDigest(image.manifest) },
    prompt: typeof prompt === 'string' ? prompt : null,
  }
}
