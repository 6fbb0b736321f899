import { lstatSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { isNotFound } from '../../shared/files.ts'
import { plainText } from '../../shared/plain-text.ts'
import { writeWhole, type Claim } from './claim.ts'
import { readText } from '../read-text.ts'

/** How long a failure is kept for waiting processes, in milliseconds. */
const KEPT = 60 * 60 * 1000

const LONGEST = 64 * 1024

/** A failure that waiting processes take over, because their request would fail in the same way. */
export interface SharedFailure {
  /** The provider's code, or one of this project's. */
  readonly code: string
  readonly message: string
  /** What the user can do about it. `null` where there is no advice. */
  readonly hint: string | null
  /** Whether all other requests would fail too. */
  readonly stopsRun: boolean
}

/** Another process wrote this text. It is reduced to one line without control characters for terminals. */
const messageSchema = v.pipe(
  v.string(),
  v.transform((text) => plainText(text, 2000)),
)

const failureSchema: v.GenericSchema<unknown, SharedFailure> = v.object({
  code: messageSchema,
  message: messageSchema,
  hint: v.nullable(messageSchema),
  stopsRun: v.boolean(),
})

/** Writes a failure under the claim's name. Only processes that waited for this holder look for it. */
export function leaveFailure(claim: Claim, failure: SharedFailure): void {
  writeWhole(failureFile(path.dirname(claim.file), claim), JSON.stringify(failure))
}

/** The failure that a holder left, if its work failed permanently. */
export function findFailure(
  folder: string,
  holder: Pick<Claim, 'name' | 'nonce'>,
): SharedFailure | null {
  try {
    return v.parse(failureSchema, JSON.parse(readText(failureFile(folder, holder), LONGEST)))
  } catch {
    // The file is absent or unreadable, so the next holder tries for itself.
    return null
  }
}

/** The names of failures, of unfinished files and of clock probes. */
const LEFT_BEHIND =
  /^(?:[\w-]+\.[0-9a-f]+\.failure|[\w-]+\.(?:[0-9a-f]+\.(?:lock|failure)|json)\.[0-9a-f]+\.new|[0-9a-f]{16}\.clock)$/

/** Removes failures that are old enough for everyone to have read them, and unfinished files of killed processes. */
export function sweepFailures(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!LEFT_BEHIND.test(name)) continue
    const file = path.join(folder, name)
    try {
      if (Date.now() - lstatSync(file).mtimeMs > KEPT) rmSync(file, { force: true })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

function failureFile(folder: string, { name, nonce }: Pick<Claim, 'name' | 'nonce'>): string {
  return path.join(folder, `${name}.${nonce}.failure`)
}
