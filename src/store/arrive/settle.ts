import { rm } from 'node:fs/promises'
import path from 'node:path'
import { extensionOf, sniffMediaType } from '../../pixels/media-type.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import type { StoreFolder } from '../folder.ts'
import { keepOriginal } from './keep-original.ts'
import { keepMarker } from './keep-receipt.ts'
import { markerOf, originOf } from './marker.ts'
import { checkResponse, type Pending, type PendingResponse } from './pending.ts'
import { inspectPicture, type UnusableInspection } from './inspect-picture.ts'
import { keepInQuarantine, moveToQuarantine } from './quarantine.ts'
import type { Receipt, UnusableReceipt } from '../receipt.ts'
import { storageError } from '../storage-error.ts'

/** The result of storing a response. */
export interface Settlement {
  readonly response: PendingResponse
  /** The candidates that the response added. */
  readonly stored: readonly Receipt[]
  /** Pictures that the key already had, by sha256. They were billed again but add no candidate. */
  readonly duplicates: readonly string[]
  readonly unusable: readonly UnusablePicture[]
  /** The markers of those that left the key without the pictures it was asked for. */
  readonly markers: readonly UnusableReceipt[]
  /** The paths, for messages, of pictures beyond those that were requested. */
  readonly excess: readonly string[]
}

/** Bytes that were paid for and cannot be used. */
export interface UnusablePicture {
  /** Pixels, as they are seen; `null` where they cannot be decoded. */
  readonly size: UnusableInspection['size']
  readonly sha256: string
  /** For people: `the bytes are not a picture`. */
  readonly reason: string
  /** The file's path for messages. */
  readonly file: string
}

/** The number of surplus pictures that get a file each. All further ones share one file. */
const EXCESS_FILES = 20

/**
 * Turns a response into originals and receipts, then removes it from `pending/`, because every byte is stored elsewhere
 * by then.
 *
 * It may be killed at any time and run again, also by several processes at once: every name follows from the response,
 * so all of them write the same files.
 *
 * @throws ImagegenError `damaged` where the response cannot be read (it is in quarantine then), `unavailable` where the
 * folder cannot be written (it stays pending then).
 */
export async function settle(folder: StoreFolder, pending: Pending): Promise<Settlement> {
  try {
    return await settleNow(folder, pending)
  } catch (error) {
    throw errorCode(error) === undefined
      ? error
      : storageError(error, `Cannot store ${folder.show(pending.file)}`)
  }
}

async function settleNow(folder: StoreFolder, pending: Pending): Promise<Settlement> {
  const response = checkResponse(pending.response)
  if ('fault' in response) throw await setAside(folder, pending.file, response.fault)

  const stored = new Map<string, Receipt>()
  const duplicates: string[] = []
  const unusable: UnusablePicture[] = []
  const markers: UnusableReceipt[] = []
  const excess: string[] = []
  for (const [index, image] of response.images.entries()) {
    // A model that answers with thousands of pictures must not fill the store with files.
    if (stored.size === response.requested) {
      if (excess.length === EXCESS_FILES) {
        excess.push(await keepRest(folder, pending, index))
        break
      }
      excess.push(await keepExcess(folder, pending, index))
      continue
    }
    const bytes = decode(image)
    const hash = sha256(bytes)
    const inspection = await inspectPicture(bytes, response.expected)
    if ('unusable' in inspection) {
      const reason = inspection.unusable
      const file = await refuse(folder, pending, { bytes, index, reason })
      unusable.push({ sha256: hash, reason, file, size: inspection.size })
      markers.push(markerOf(response, { sha256: hash, bytes: bytes.length }, inspection))
      continue
    }
    const receipt = receiptOf(response, { sha256: hash, bytes: bytes.length, ...inspection })
    if (!stored.has(hash) && (await keepOriginal(folder, receipt, bytes))) stored.set(hash, receipt)
    else duplicates.push(hash)
  }
  // A good picture in the place of an unusable one leaves nothing to remember.
  const isShort = stored.size < response.requested
  if (isShort) for (const marker of markers) await keepMarker(folder, marker)
  await finish(folder, pending)
  return {
    response,
    stored: [...stored.values()],
    duplicates,
    unusable,
    markers: isShort ? markers : [],
    excess,
  }
}

/**
 * Moves an unreadable response to quarantine. The file's extension keeps its key known as paid.
 *
 * @returns an error that says so.
 */
export async function setAside(
  folder: StoreFolder,
  file: string,
  reason: string,
): Promise<ImagegenError> {
  const advice =
    'Check whether the pictures in it can be saved; `imagegen generate --replace ID` regenerates the image, which costs money.'
  const report = { what: 'A response that arrived and cannot be read.', why: reason, advice }
  const name = `${path.basename(file, '.json')}.pending`
  const moved = await moveToQuarantine(folder, file, report, name)
  const where = moved === undefined ? '' : ` It is kept as ${folder.show(moved)}.`
  return new ImagegenError('damaged', {
    message: `${folder.show(file)} cannot be read: ${reason}.${where}`,
    hint: advice,
  })
}

/** Writes unusable bytes to quarantine, with the response that contained them. */
async function refuse(
  folder: StoreFolder,
  pending: Pending,
  { bytes, index, reason }: { bytes: Uint8Array; index: number; reason: string },
): Promise<string> {
  return keepPicture(folder, pending, bytes, index, {
    why: reason,
    advice: 'It was paid for and cannot be used. The response that contained it is below.',
  })
}

const EXCESS = {
  why: 'The model answered with more pictures than were requested.',
  advice: 'The provider knows whether it was billed. You can use it with `source`.',
}

async function keepExcess(folder: StoreFolder, pending: Pending, index: number): Promise<string> {
  const bytes = decode(pending.response.images[index] ?? '')
  return keepPicture(folder, pending, bytes, index, EXCESS)
}

/** Writes all pictures from an index on to one file, as they came. */
async function keepRest(
  folder: StoreFolder,
  { file, response }: Pending,
  index: number,
): Promise<string> {
  const { images, ...rest } = response
  const name = `${path.basename(file, '.json')}-${index + 1}.answer.txt`
  const kept = await keepInQuarantine(folder, name, Buffer.from(images.slice(index).join('\n')), {
    what: `Pictures ${index + 1} to ${images.length} that arrived for ${response.name}, a line of base64 each.`,
    ...EXCESS,
    response: rest,
  })
  return folder.show(kept)
}

async function keepPicture(
  folder: StoreFolder,
  { file, response }: Pending,
  bytes: Uint8Array,
  index: number,
  said: { readonly why: string; readonly advice: string },
): Promise<string> {
  const { images, ...rest } = response
  const mediaType = sniffMediaType(bytes)
  const ending = mediaType === undefined ? 'bin' : extensionOf(mediaType)
  const name = `${path.basename(file, '.json')}-${index + 1}.${ending}`
  const kept = await keepInQuarantine(folder, name, bytes, {
    what: `Picture ${index + 1} of ${images.length} that arrived for ${response.name}.`,
    ...said,
    response: rest,
  })
  return folder.show(kept)
}

async function finish(folder: StoreFolder, { file, response }: Pending): Promise<void> {
  if (response.images.length === 0) {
    await moveToQuarantine(folder, file, {
      what: `A response that arrived for ${response.name}.`,
      why: 'It contains no picture.',
      advice: 'It cannot be used; it is kept as proof of the request.',
    })
    return
  }
  await rm(file, { force: true })
}

/** Text that is not base64 stays as it is, for people to look at. */
function decode(image: string): Uint8Array {
  const isBase64 = /^[\w+/=\s-]*$/.test(image)
  return Buffer.from(image, isBase64 ? 'base64' : 'utf8')
}

function receiptOf(
  response: PendingResponse,
  picture: Pick<Receipt, 'sha256' | 'bytes' | 'mediaType' | 'width' | 'height'>,
): Receipt {
  const { entry } = response
  return {
    ...(entry === undefined ? { version: 1 } : { version: 2, entry }),
    ...originOf(response),
    ...picture,
    seed: response.seed,
  }
}
