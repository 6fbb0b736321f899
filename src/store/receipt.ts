import * as v from 'valibot'
import { MEDIA_TYPES, type MediaType } from '../pixels/media-type.ts'
import { messageOf } from '../shared/errors.ts'
import { LFS_POINTER } from '../shared/lfs-pointer.ts'
import { digest, type JsonValue } from '../shared/hash.ts'
import { prettierJson } from '../shared/prettier-json.ts'
import { isRecord, isShallow } from '../shared/record.ts'

/** The format versions that this code reads. */
const RECEIPT_VERSIONS: ReadonlySet<unknown> = new Set([1, 2])

/** Receipts are small. This project never writes a larger one. */
export const LONGEST_RECEIPT: number = 8 * 1024 * 1024

/** Recipes are a few levels deep. Much deeper JSON would overflow the stack of code that walks it. */
const DEEPEST_JSON = 128

const sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'))
const textSchema = v.pipe(
  v.string(),
  v.maxLength(2048),
  // Receipts are shown on terminals. The format fixes this class: a stricter one would turn old receipts into damaged
  // ones.
  v.regex(/^[^\p{Cc}\p{Bidi_C}]*$/u, 'expected no control characters'),
)
const positiveSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const timeSchema = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'expected an ISO time in UTC'),
  v.check((time) => !Number.isNaN(Date.parse(time)), 'expected a time that exists'),
)
const recipeSchema = v.custom<Readonly<Record<string, JsonValue>>>(
  (value) => isRecord(value) && isShallow(value, DEEPEST_JSON),
  `expected an object of at most ${DEEPEST_JSON} levels`,
)

/** What receipts and responses both record about the origin of pictures. */
export interface Origin {
  /** The whole recipe key: 64 hex digits. */
  readonly key: string
  /** The recipe from which the key was computed. */
  readonly recipe: Readonly<Record<string, JsonValue>>
  /** The entry's name when the picture was generated, for people. */
  readonly name: string
  /** The reference pictures that were sent. */
  readonly inputs: readonly InputPicture[]
  readonly provider: string
  readonly model: string
  readonly responseId: string | null
  /** The price of one image in USD. `null` where it is unknown. */
  readonly usd: number | null
  /** When the response arrived: ISO 8601 in UTC, with milliseconds. */
  readonly time: string
}

export interface InputPicture {
  /** The reference as the manifest names it. */
  readonly reference: string
  /** The sha256 of the reference's bytes. */
  readonly sha256: string
}

/** Fields that receipts have since version 2. Nothing depends on `entry`: it is for people and for the history. */
interface SinceVersion2 {
  /** The id of the entry that asked for the picture. */
  readonly entry?: string
  /**
   * Where the pixels come from: the provider, a file that was adopted, or a generated picture that was edited by hand.
   * @default 'provider'
   */
  readonly origin?: 'provider' | 'elsewhere' | 'edited'
}

/** The proof that a picture was paid for. Each picture has one, beside its bytes. */
export interface Receipt extends Origin, SinceVersion2 {
  readonly version: 1 | 2
  /** The sha256 of the original's bytes. */
  readonly sha256: string
  /** The original's size in bytes. */
  readonly bytes: number
  readonly mediaType: MediaType
  /** Pixels, as decoded. */
  readonly width: number
  /** Pixels, as decoded. */
  readonly height: number
  /** The seed that was sent, or the one that the model reports. */
  readonly seed: number | null
}

/**
 * The proof that a picture was paid for that cannot be used: a receipt without bytes. The bytes stay in quarantine on one
 * machine. This marker lies in the store and in the remote, so no machine requests the same recipe again.
 */
export interface UnusableReceipt extends Origin, SinceVersion2 {
  readonly version: 2
  /** Why the picture cannot be used, for people. */
  readonly unusable: string
  /** The sha256 of the bytes that arrived. */
  readonly sha256: string
  /** Their size in bytes. */
  readonly bytes: number
  /** `null` where they are not a picture. */
  readonly mediaType: MediaType | null
  /** Pixels, as they are seen; `null` where they cannot be decoded, or are not what is wrong. */
  readonly width: number | null
  /** Pixels, as they are seen; `null` where they cannot be decoded, or are not what is wrong. */
  readonly height: number | null
  readonly seed: number | null
}

/** Either kind of receipt. */
export type AnyReceipt = Receipt | UnusableReceipt

/**
 * Returns the reason why a receipt does not belong to its key although its checksum is right, or `undefined` where it
 * does.
 */
export type ReceiptCheck = (receipt: AnyReceipt) => string | undefined

/** A validator for every field of a shape. */
export type EntriesOf<Shape> = {
  readonly [Name in keyof Shape]: v.GenericSchema<unknown, Shape[Name]>
}

export const originEntries: EntriesOf<Origin> = {
  key: sha256Schema,
  recipe: recipeSchema,
  name: textSchema,
  inputs: v.array(v.object({ reference: v.string(), sha256: sha256Schema })),
  provider: textSchema,
  model: textSchema,
  responseId: v.nullable(textSchema),
  usd: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
  time: timeSchema,
}

export const seedSchema: v.GenericSchema<unknown, number | null> = v.nullable(
  v.pipe(v.number(), v.safeInteger()),
)

export const entrySchema: v.GenericSchema<unknown, string> = textSchema

const sinceVersion2 = {
  entry: v.exactOptional(entrySchema),
  origin: v.exactOptional(v.picklist(['provider', 'elsewhere', 'edited'])),
}

const pictureEntries: EntriesOf<Omit<Receipt, keyof Origin | keyof SinceVersion2 | 'version'>> = {
  sha256: sha256Schema,
  bytes: positiveSchema,
  mediaType: v.picklist(MEDIA_TYPES),
  width: positiveSchema,
  height: positiveSchema,
  seed: seedSchema,
}

/** The order of the fields is the order in which they are written. */
const version1Schema: v.GenericSchema<unknown, Receipt> = v.object({
  version: v.literal(1),
  ...originEntries,
  ...pictureEntries,
})
const version2Schema: v.GenericSchema<unknown, Receipt> = v.object({
  version: v.literal(2),
  ...originEntries,
  ...sinceVersion2,
  ...pictureEntries,
})
const unusableSchema: v.GenericSchema<unknown, UnusableReceipt> = v.object({
  version: v.literal(2),
  unusable: textSchema,
  ...originEntries,
  ...sinceVersion2,
  sha256: sha256Schema,
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  mediaType: v.nullable(v.picklist(MEDIA_TYPES)),
  width: v.nullable(positiveSchema),
  height: v.nullable(positiveSchema),
  seed: seedSchema,
})
const checksumSchema = v.object({ checksum: sha256Schema })

export type ReceiptFault = 'damaged' | 'unknown-version' | 'conflict' | 'lfs-pointer'

/** A receipt, or the reason why it cannot be read. */
export type ReceiptReading =
  | { readonly receipt: Receipt }
  | { readonly marker: UnusableReceipt }
  | { readonly fault: ReceiptFault; readonly reason: string }

/** Parses text from any source. */
export function parseReceipt(text: string): ReceiptReading {
  if (/^<{7} /m.test(text)) return { fault: 'conflict', reason: 'it contains a merge conflict' }
  if (text.startsWith(LFS_POINTER))
    return { fault: 'lfs-pointer', reason: 'it is a Git LFS pointer' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { fault: 'damaged', reason: messageOf(error) }
  }
  if (
    isRecord(value) &&
    Number.isInteger(value['version']) &&
    !RECEIPT_VERSIONS.has(value['version'])
  ) {
    return { fault: 'unknown-version', reason: `its version is ${String(value['version'])}` }
  }
  const result = v.safeParse(schemaOf(value), value)
  if (!result.success) return { fault: 'damaged', reason: describeIssue(result.issues[0]) }
  const sum = v.safeParse(checksumSchema, value)
  if (!sum.success || sum.output.checksum !== digest(result.output)) {
    return { fault: 'damaged', reason: 'its checksum is wrong' }
  }
  const { output } = result
  return isUnusable(output) ? { marker: output } : { receipt: output }
}

/** Whether a receipt is the marker of a picture that cannot be used. */
export function isUnusable(receipt: AnyReceipt): receipt is UnusableReceipt {
  return 'unusable' in receipt
}

function schemaOf(value: unknown): v.GenericSchema<unknown, AnyReceipt> {
  if (!isRecord(value) || value['version'] !== 2) return version1Schema
  return 'unusable' in value ? unusableSchema : version2Schema
}

/**
 * The text of a receipt in a remote. Slots are compared by this text, so equal receipts have equal text in every
 * version of this package. It ends with a checksum of the rest, because a flipped bit in a prompt or a price is still
 * valid JSON.
 */
export function formatReceipt(receipt: AnyReceipt): string {
  return `${JSON.stringify(withChecksum(receipt), null, 2)}\n`
}

/**
 * The same content as a file to commit. Prettier with its default settings does not change it, and a diff shows few
 * lines.
 */
export function receiptFileText(receipt: AnyReceipt): string {
  return prettierJson(withChecksum(receipt))
}

function withChecksum(receipt: AnyReceipt): AnyReceipt & v.InferOutput<typeof checksumSchema> {
  const ordered = v.parse(schemaOf(receipt), receipt)
  return { ...ordered, checksum: digest(ordered) }
}

/** Formats an issue: `width: Invalid type: …` */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const where = v.getDotPath(issue)
  return where === null ? issue.message : `${where}: ${issue.message}`
}
