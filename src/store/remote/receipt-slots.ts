import { randomUUID } from 'node:crypto'
import { ImagegenError } from '../../shared/errors.ts'
import {
  formatReceipt,
  isUnusable,
  LONGEST_RECEIPT,
  parseReceipt,
  type AnyReceipt,
  type Receipt,
  type ReceiptCheck,
  type UnusableReceipt,
} from '../receipt.ts'
import { remoteError, type Remote } from './remote.ts'

/*
 * The receipts of a key are items in a grid of slots: `receipts/<key>`, `receipts/<key>.1.0`, … So two machines that
 * add a receipt at the same time cannot overwrite each other. Nothing has to be listed, which drivers do badly, or
 * written conditionally, which most drivers cannot do.
 *
 * A contender for a slot writes its claim. If the slot's door is shut, it moves right. Otherwise it shuts the door, and
 * moves down if the claim is no longer its own. At most one contender keeps its claim, and the others do not all move
 * the same way. So every contender finds a slot, after at most as many steps as there are others. This holds where
 * every machine sees a write from then on: S3, Redis, Azure, a shared folder. Elsewhere a receipt may be overwritten.
 * Then reading it back shows that, or `push` finds that it is gone and uploads it again.
 *
 * @see https://doi.org/10.1016/0167-6423(95)00009-H the splitters of Moir and Anderson
 */

/** What the remote says about a key. */
export interface RemoteRecord {
  readonly receipts: readonly Receipt[]
  /** The markers of pictures that cannot be used. */
  readonly markers: readonly UnusableReceipt[]
  /** SHA-256 of the originals that were replaced. Their receipts are retired. */
  readonly retired: ReadonlySet<string>
  /** SHA-256 of the markers that are retired. The picture itself may be in use: adopted, or a duplicate's candidate. */
  readonly retiredMarkers: ReadonlySet<string>
  /** Why an item that may prove a payment cannot be read, by its place in the remote. */
  readonly faults: readonly { readonly item: string; readonly reason: string }[]
}

/** No contender gets this far. Without the limit, a storage that claims to have every item would be read for ever. */
const MOST_STEPS = 200

/** The prefix of a retired receipt in its slot. */
const RETIRED = 'retired\n'

/** Computes the key of a receipt's recipe. */
export type KeyOf = (recipe: Receipt['recipe']) => string

/**
 * @param checkReceipt the check for local receipts; it applies to remote ones too.
 * @throws ImagegenError with code `unavailable`.
 */
export async function readSlots(
  remote: Remote,
  key: string,
  keyOf: KeyOf,
  checkReceipt: ReceiptCheck = () => undefined,
): Promise<RemoteRecord> {
  const receipts: Receipt[] = []
  const markers: UnusableReceipt[] = []
  const retired = new Set<string>()
  const retiredMarkers = new Set<string>()
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
    const receipt = 'receipt' in reading ? reading.receipt : reading.marker
    const isOfKey = receipt.key === key && keyOf(receipt.recipe) === key
    const fault = isOfKey ? checkReceipt(receipt) : 'it belongs to another key'
    if (fault !== undefined) faults.push({ item, reason: fault })
    else if (isRetired) (isUnusable(receipt) ? retiredMarkers : retired).add(receipt.sha256)
    else if (isUnusable(receipt)) markers.push(receipt)
    else receipts.push(receipt)
  }
  return { receipts, markers, retired, retiredMarkers, faults }
}

/**
 * Adds a receipt, unless the remote has it, in use or retired.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function addReceipt(remote: Remote, receipt: AnyReceipt): Promise<void> {
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
 * Whether the remote has a receipt, in use or retired.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function knowsReceipt(remote: Remote, receipt: AnyReceipt): Promise<boolean> {
  const text = formatReceipt(receipt)
  for await (const slot of slotsOf(remote, receipt.key)) if (holdsText(slot, text)) return true
  return false
}

/**
 * Retires a receipt because another picture replaced its own. People can still read it.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function retireReceipt(remote: Remote, receipt: AnyReceipt): Promise<void> {
  const text = formatReceipt(receipt)
  for await (const slot of slotsOf(remote, receipt.key)) {
    if (slot.text === text) await remote.put(slot.item, Buffer.from(`${RETIRED}${text}`))
  }
}

/** A slot's position in the grid. */
interface Place {
  readonly right: number
  readonly down: number
}

const FIRST: Place = { right: 0, down: 0 }

interface Slot {
  readonly item: string
  /** `undefined` where the slot is taken but not written, or cannot hold a receipt. */
  readonly text: string | undefined
  /** Why it cannot be a receipt. */
  readonly fault?: string
}

/** Every taken slot. A slot can be taken only if the one to its left or above it is. */
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

/** Tries to take a slot. Returns `ours`, or the direction of the next slot to try. */
async function contend(
  remote: Remote,
  key: string,
  place: Place,
): Promise<'ours' | 'right' | 'down'> {
  const claim = `claims:${key}.${place.right}.${place.down}`
  const door = doorItem(key, place)
  // A new token for each attempt, written once: a write that arrives late must not look like a new one.
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
