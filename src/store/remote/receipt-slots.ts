import { randomUUID } from 'node:crypto'
import { formatReceipt, parseReceipt, type Receipt } from '../receipt.ts'
import { remoteError, type Remote } from './remote.ts'

/*
 * The receipts of a key, each an item of its own in numbered slots: `receipts/<key>`, `receipts/<key>.2`, … So two
 * machines that add one at the same time cannot overwrite each other's, and nothing has to be listed, which drivers do
 * badly, or written conditionally, which most cannot.
 *
 * Who wants a slot says so in its claim, shuts its door unless somebody else has, and looks whether the claim is still
 * its own. At most one ever finds that: a later one's claim is seen, or finds the door shut. The others try the next
 * slot. This holds wherever what was written is read by everybody from then on: S3, Redis, Azure, a shared folder.
 * Elsewhere a receipt may be overwritten: whoever reads back another one than written says so, and `push` repairs it.
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

/** More than any key has; without it a storage that has everything would be read for ever. */
const MOST_SLOTS = 1000

/** What stands in a slot whose receipt is out of use, before the receipt. */
const RETIRED = 'retired\n'

/** The key of a recipe as a receipt holds it. */
export type KeyOf = (recipe: Receipt['recipe']) => string

/** @throws ImagegenError with code `unavailable`. */
export async function readSlots(remote: Remote, key: string, keyOf: KeyOf): Promise<RemoteRecord> {
  const receipts: Receipt[] = []
  const retired = new Set<string>()
  const faults: { item: string; reason: string }[] = []
  for await (const { item, text } of slotsOf(remote, key)) {
    if (text === undefined) {
      faults.push({ item, reason: 'it is being written, or was never finished' })
      continue
    }
    const isRetired = text.startsWith(RETIRED)
    const reading = parseReceipt(isRetired ? text.slice(RETIRED.length) : text)
    if ('fault' in reading) faults.push({ item, reason: reading.reason })
    else if (reading.receipt.key !== key || keyOf(reading.receipt.recipe) !== key)
      faults.push({ item, reason: 'it is of another key' })
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
  const taken = new Set<number>()
  for await (const slot of slotsOf(remote, receipt.key)) {
    if (holdsText(slot, text)) return
    taken.add(slot.number)
  }
  for (let number = taken.size + 1; number <= MOST_SLOTS; number++) {
    if (await isOurs(remote, receipt.key, number)) {
      await remote.put(slotItem(receipt.key, number), Buffer.from(text))
      return
    }
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

interface Slot {
  readonly number: number
  readonly item: string
  /** Nothing where it is taken and not written. */
  readonly text: string | undefined
}

async function* slotsOf(remote: Remote, key: string): AsyncGenerator<Slot> {
  for (let number = 1; number <= MOST_SLOTS; number++) {
    const item = slotItem(key, number)
    const [bytes, isShut] = await Promise.all([remote.get(item), remote.has(doorItem(key, number))])
    if (bytes === undefined && !isShut) return
    yield { number, item, text: bytes === undefined ? undefined : Buffer.from(bytes).toString() }
  }
}

function holdsText(slot: Slot, text: string): boolean {
  return slot.text === text || slot.text === `${RETIRED}${text}`
}

/** Whether this slot is ours alone from now on. Fails where anything fails: an answer that comes late changes nothing. */
async function isOurs(remote: Remote, key: string, number: number): Promise<boolean> {
  const claim = `claims:${key}.${number}`
  const door = doorItem(key, number)
  // Never the same twice: a write that is late must not pass for a new one.
  const token = Buffer.from(randomUUID())
  await remote.write(claim, token)
  if (await remote.has(door)) return false
  await remote.write(door, token)
  const claimed = await remote.get(claim)
  return claimed !== undefined && Buffer.compare(claimed, token) === 0
}

function slotItem(key: string, number: number): string {
  return `receipts:${key}${number === 1 ? '' : `.${number}`}`
}

function doorItem(key: string, number: number): string {
  return `claims:${key}.${number}.shut`
}
