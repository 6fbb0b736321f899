import { randomUUID } from 'node:crypto'
import { ImagegenError } from '../../shared/errors.ts'
import {
  formatReceipt,
  LONGEST_RECEIPT,
  parseReceipt,
  type Receipt,
  type ReceiptCheck,
} from '../receipt.ts'
import { remoteError, type Remote } from './remote.ts'

/*
 * The receipts of a key, each an item of its own in a grid of slots: `receipts/<key>`, `receipts/<key>.1.0`, … So two
 * machines that add one at the same time cannot overwrite each other's, and nothing has to be listed, which drivers do
 * badly, or written conditionally, which most cannot.
 *
 * Who wants a slot says so in its claim, goes right if somebody has shut the door, shuts it, and goes down if the claim
 * is no longer its own. At most one finds that it is, and of those who do not, not all go the same way: so everybody
 * finds a slot, after at most as many steps as there are others. This holds wherever what was written is read by
 * everybody from then on: S3, Redis, Azure, a shared folder. Elsewhere a receipt may be overwritten: then reading it
 * back says so, or `push` finds that it is gone, and brings it again.
 *
 * @see https://doi.org/10.1016/0167-6423(95)00009-H the splitters of Moir and Anderson
 */

/** What the remote says of a key. */
export interface RemoteRecord {
  readonly receipts: readonly Receipt[]
  /** SHA-256 of the originals that were replaced by others: their receipts are out of use. */
  readonly retired: ReadonlySet<string>
  /** Why something that may have been paid for cannot be read, by its place in the remote. */
  readonly faults: readonly { readonly item: string; readonly reason: string }[]
}

/** Further than anybody goes; without it a storage that claims to have everything would be read for ever. */
const MOST_STEPS = 200

/** What stands in a slot whose receipt is out of use, before the receipt. */
const RETIRED = 'retired\n'

/** The key of a recipe as a receipt holds it. */
export type KeyOf = (recipe: Receipt['recipe']) => string

/**
 * @param checkReceipt what holds receipts here against their key holds those there, too.
 * @throws ImagegenError with code `unavailable`.
 */
export async function readSlots(
  remote: Remote,
  key: string,
  keyOf: KeyOf,
  checkReceipt: ReceiptCheck = () => undefined,
): Promise<RemoteRecord> {
  const receipts: Receipt[] = []
  const retired = new Set<string>()
  const faults: { item: string; reason: string }[] = []
  for await (const { item, text, fault: unreadable } of slotsOf(remote, key)) {
    if (text === undefined) {
      faults.push({ item, reason: unreadable ?? 'it is being written, or was never finished' })
      continue
    }
    const isRetired = text.startsWith(RETIRED)
    const reading = parseReceipt(isRetired ? text.slice(RETIRED.length) : text)
    if ('fault' in reading) {
      faults.push({ item, reason: reading.reason })
      continue
    }
    const isOfKey = reading.receipt.key === key && keyOf(reading.receipt.recipe) === key
    const fault = isOfKey ? checkReceipt(reading.receipt) : 'it is of another key'
    if (fault !== undefined) faults.push({ item, reason: fault })
    else if (isRetired) retired.add(reading.receipt.sha256)
    else receipts.push(reading.receipt)
  }
  return { receipts, retired, faults }
}

/**
 * Adds a receipt, unless it is there, or out of use.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function addReceipt(remote: Remote, receipt: Receipt): Promise<void> {
  const text = formatReceipt(receipt)
  const taken = new Set<string>()
  for await (const slot of slotsOf(remote, receipt.key)) {
    if (holdsText(slot, text)) return
    taken.add(slot.item)
  }
  for (let place: Place = FIRST; place.right + place.down <= MOST_STEPS;) {
    const item = slotItem(receipt.key, place)
    const way = taken.has(item) ? 'right' : await contend(remote, receipt.key, place)
    if (way === 'ours') return remote.put(item, Buffer.from(text))
    place = next(place, way)
  }
  throw remoteError(`it has no free slot for a receipt of ${receipt.key}`)
}

/**
 * Whether a receipt is there, in use or not.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function knowsReceipt(remote: Remote, receipt: Receipt): Promise<boolean> {
  const text = formatReceipt(receipt)
  for await (const slot of slotsOf(remote, receipt.key)) if (holdsText(slot, text)) return true
  return false
}

/**
 * Takes a receipt out of use: another picture has taken its place. It stays readable for people.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function retireReceipt(remote: Remote, receipt: Receipt): Promise<void> {
  const text = formatReceipt(receipt)
  for await (const slot of slotsOf(remote, receipt.key)) {
    if (slot.text === text) await remote.put(slot.item, Buffer.from(`${RETIRED}${text}`))
  }
}

/** Where in the grid a slot is. */
interface Place {
  readonly right: number
  readonly down: number
}

const FIRST: Place = { right: 0, down: 0 }

interface Slot {
  readonly item: string
  /** Nothing where it is taken and not written, or cannot be a receipt. */
  readonly text: string | undefined
  /** Why it cannot be a receipt. */
  readonly fault?: string
}

/** Every slot that is taken: one can be only if the one to its left, or above it, is. */
async function* slotsOf(remote: Remote, key: string): AsyncGenerator<Slot> {
  let places: readonly Place[] = [FIRST]
  for (let step = 0; step <= MOST_STEPS && places.length > 0; step++) {
    const looked = await Promise.all(places.map((place) => lookAt(remote, key, place)))
    const taken = looked.filter((slot) => slot !== undefined)
    yield* taken
    const following = taken.flatMap(({ place }) => [next(place, 'right'), next(place, 'down')])
    places = [...new Map(following.map((place) => [slotItem(key, place), place])).values()]
  }
}

async function lookAt(
  remote: Remote,
  key: string,
  place: Place,
): Promise<(Slot & { readonly place: Place }) | undefined> {
  const item = slotItem(key, place)
  const bytes = await remote.get(item, LONGEST_RECEIPT).catch((error: unknown) => {
    if (error instanceof ImagegenError && error.code === 'damaged') return error
    throw error
  })
  if (bytes instanceof ImagegenError) {
    return { place, item, text: undefined, fault: `it is larger than ${LONGEST_RECEIPT} bytes` }
  }
  if (bytes !== undefined) return { place, item, text: Buffer.from(bytes).toString() }
  return (await remote.has(doorItem(key, place))) ? { place, item, text: undefined } : undefined
}

function holdsText(slot: Slot, text: string): boolean {
  return slot.text === text || slot.text === `${RETIRED}${text}`
}

/** Whether a slot is ours alone from now on, or where to go on. */
async function contend(
  remote: Remote,
  key: string,
  place: Place,
): Promise<'ours' | 'right' | 'down'> {
  const claim = `claims:${key}.${place.right}.${place.down}`
  const door = doorItem(key, place)
  // Never the same twice, and never written again: a write that arrives late must not pass for a new one.
  const token = Buffer.from(randomUUID())
  await remote.write(claim, token)
  if (await remote.has(door)) return 'right'
  await remote.write(door, token)
  const claimed = await remote.get(claim)
  return claimed !== undefined && Buffer.compare(claimed, token) === 0 ? 'ours' : 'down'
}

function next({ right, down }: Place, way: 'right' | 'down'): Place {
  return way === 'right' ? { right: right + 1, down } : { right, down: down + 1 }
}

function slotItem(key: string, { right, down }: Place): string {
  return `receipts:${key}${right + down === 0 ? '' : `.${right}.${down}`}`
}

function doorItem(key: string, { right, down }: Place): string {
  return `claims:${key}.${right}.${down}.shut`
}
