import { lstatSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { isNotFound } from '../../shared/files.ts'
import { plainText } from '../../shared/plain-text.ts'
import { writeWhole, type Claim } from './claim.ts'
import { readText } from '../read-text.ts'

/** How long a failure is kept for those who waited, in milliseconds. */
const KEPT = 60 * 60 * 1000

const LONGEST = 64 * 1024

/** A failure that others take over, because the same would happen to them. */
export interface SharedFailure {
  /** The provider's code, or one of this project's. */
  readonly code: string
  readonly message: string
  /** What to do about it; `null` where there is nothing to say. */
  readonly hint: string | null
  /** Whether nothing else can succeed either. */
  readonly stopsRun: boolean
}

/** A file that another process left: it is shown as one line, without what a terminal obeys. */
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

/** Leaves a failure under the claim's own name: only who waited for this holder looks for it. */
export function leaveFailure(claim: Claim, failure: SharedFailure): void {
  writeWhole(failureFile(path.dirname(claim.file), claim), JSON.stringify(failure))
}

/** What a holder left behind, if its work failed for good. */
export function findFailure(
  folder: string,
  holder: Pick<Claim, 'name' | 'nonce'>,
): SharedFailure | null {
  try {
    return v.parse(failureSchema, JSON.parse(readText(failureFile(folder, holder), LONGEST)))
  } catch {
    // Not there, or no use: then the next one finds out for itself.
    return null
  }
}

/** Failures, files that were being written, and probes of the clock, as this project names them. */
const LEFT_BEHIND =
  /^(?:[\w-]+\.[0-9a-f]+\.failure|[\w-]+\.(?:[0-9a-f]+\.(?:lock|failure)|json)\.[0-9a-f]+\.new|[0-9a-f]{16}\.clock)$/

/** Removes failures that everybody has had the time to read, and files that a killed process had begun. */
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
