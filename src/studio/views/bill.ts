import type { Pipeline, PlannedImage, Selection, Survey } from '../../pipeline.ts'
import { digest } from '../../shared/hash.ts'
import type { Agreement, Bill, BillRequest } from '../protocol-actions.ts'
import { refuse } from '../listener/refused.ts'

/** What generating some images needs and costs. */
export interface Priced {
  readonly selection: Selection
  readonly bill: Bill
}

/**
 * The price of what a person selected.
 *
 * @throws RefusedError `not-found` for an id that is not an image.
 * @throws ImagegenError with code `usage` for `replace` of an image that is not lost.
 */
export function priced(
  { ids, outdated = false, replace = false }: BillRequest,
  pipeline: Pipeline,
  survey: Survey,
): Priced {
  const images = ids.map((id) => imageOf(id, survey))
  const selection = pipeline.selectImages(survey, images, {
    outdated,
    lost: replace ? images : [],
  })
  return { selection, bill: billOf(selection) }
}

/** The bill of a selection. */
export function billOf({ jobs, summary }: Pick<Selection, 'jobs' | 'summary'>): Bill {
  const { requests, pictures, usd } = summary
  const asked = jobs.map(({ made, missing, renew }) => [made.key, missing, renew ?? null])
  return {
    images: jobs.flatMap((job) => job.ids),
    requests,
    pictures,
    usd,
    digest: digest(['bill', asked, usd]),
  }
}

/** Whether a bill is what a person agreed to. */
export function isAgreed(bill: Bill, agreed: Agreement): boolean {
  return (
    bill.digest === agreed.digest && bill.pictures === agreed.pictures && bill.usd === agreed.usd
  )
}

/**
 * Finds an image by its id.
 *
 * @throws RefusedError `not-found`.
 */
export function imageOf(id: string, { images }: Survey): PlannedImage {
  const image = images.get(id)
  if (image === undefined) throw refuse('not-found', `There is no image \`${id}\` any more.`)
  return image
}
