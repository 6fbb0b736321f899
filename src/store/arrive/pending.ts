import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as v from 'valibot'
import type { ExpectedPicture } from '../../pixels/expected-picture.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { withoutUnsafe } from '../../shared/plain-text.ts'
import { safeName } from '../../shared/safe-name.ts'
import { shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import {
  describeIssue,
  entrySchema,
  originEntries,
  seedSchema,
  type EntriesOf,
  type Origin,
} from '../receipt.ts'
import { storageError } from '../storage-error.ts'

/** The largest response. Node's longest string is slightly longer. */
export const LONGEST_RESPONSE: number = 500 * 1024 * 1024

/** A provider's answer as it arrived, with everything that its receipts will record. */
export interface PendingResponse extends Origin {
  readonly version: 1
  /** The id of the entry that asked for it. Responses of earlier versions have none. */
  readonly entry?: string
  /** The number of images that were requested. */
  readonly requested: number
  /** The seed that was sent. */
  readonly seed: number | null
  /** Base64, without a `data:` prefix. */
  readonly images: readonly string[]
  readonly expected: ExpectedPicture
  /** As the model returned them. */
  readonly warnings: readonly JsonValue[]
  /** What else the provider said. It is kept with pictures that turn out to be unusable. */
  readonly metadata: Readonly<Record<string, JsonValue>>
}

/** A response that is safe on the disk and not yet in the store. */
export interface Pending {
  /** The path of its file. */
  readonly file: string
  readonly response: PendingResponse
}

const positiveSchema = v.pipe(v.number(), v.finite(), v.minValue(Number.MIN_VALUE))
const jsonSchema = v.custom<JsonValue>((value) => value !== undefined)

const responseEntries: EntriesOf<Required<PendingResponse>> = {
  version: v.literal(1),
  ...originEntries,
  entry: entrySchema,
  requested: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  seed: seedSchema,
  images: v.array(v.string()),
  expected: v.object({
    aspectRatio: v.nullable(positiveSchema),
    size: v.nullable(v.object({ width: positiveSchema, height: positiveSchema })),
  }),
  warnings: v.array(jsonSchema),
  metadata: v.custom<Readonly<Record<string, JsonValue>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected an object',
  ),
}
const responseSchema: v.GenericSchema<unknown, PendingResponse> = v.object({
  ...responseEntries,
  entry: v.exactOptional(entrySchema),
})

/**
 * Makes a response durable with one rename. After that it cannot be lost, whatever happens to this process.
 *
 * @throws ImagegenError with code `unavailable` where the store cannot be written. The response is then kept in the
 * system's folder for temporary files, and the error says where.
 */
export async function savePending(
  folder: StoreFolder,
  response: PendingResponse,
): Promise<Pending> {
  const clean = { ...response, ...printable(response) }
  const id = randomBytes(8).toString('hex')
  const name = `${safeName(clean.name)}.${shortKeyOf(clean.key)}.${id}.json`
  const file = path.join(folder.pending, name)
  const text = JSON.stringify(clean)
  try {
    await folder.write(file, text)
  } catch (error) {
    throw rescue(folder, name, text, error)
  }
  return { file, response: clean }
}

/** @returns the response, or what is wrong with it. */
export function checkResponse(value: unknown): PendingResponse | { readonly fault: string } {
  const result = v.safeParse(responseSchema, value)
  return result.success ? result.output : { fault: describeIssue(result.issues[0]) }
}

/** @returns the response, or what is wrong with it. */
export function parseResponse(text: string): PendingResponse | { readonly fault: string } {
  try {
    return checkResponse(JSON.parse(text))
  } catch (error) {
    return { fault: messageOf(error) }
  }
}

/** Removes unsafe characters and shortens names, so that a strange name never keeps a paid picture out of the store. */
function printable(
  response: PendingResponse,
): Pick<PendingResponse, 'name' | 'entry' | 'provider' | 'model' | 'responseId'> {
  const clean = (text: string): string => withoutUnsafe(text).slice(0, 200)
  return {
    name: clean(response.name),
    ...(response.entry === undefined ? {} : { entry: clean(response.entry) }),
    provider: clean(response.provider),
    model: clean(response.model),
    responseId: response.responseId === null ? null : clean(response.responseId),
  }
}

/** The last resort for a paid response when the store has no room. */
function rescue(folder: StoreFolder, name: string, text: string, cause: unknown): ImagegenError {
  const { problems } = storageError(cause, `Cannot write to ${folder.show(folder.pending)}`)
  const file = path.join(tmpdir(), name)
  const target = folder.show(folder.pending)
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600, flush: true })
    const hint = `The response is kept as ${file}. Free some space, move the file to ${target} and run again.`
    return new ImagegenError(
      'unavailable',
      [...problems, { message: 'Nothing is lost yet.', hint }],
      {
        cause,
      },
    )
  } catch (error) {
    const message = `The response could not be saved anywhere: ${messageOf(error)}`
    return new ImagegenError('unavailable', [...problems, { message }], { cause })
  }
}
