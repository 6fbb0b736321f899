import path from 'node:path'
import { sha256 } from '../../shared/hash.ts'
import { prettierJson } from '../../shared/prettier-json.ts'
import { safeName } from '../../shared/safe-name.ts'
import { shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { PendingResponse } from './pending.ts'

/** The report that explains a file in quarantine to a person. */
export interface QuarantineReport {
  readonly what: string
  readonly why: string
  /** What the user can do about it. */
  readonly advice: string
  /** The response that contained it, without the pictures. */
  readonly response?: Omit<PendingResponse, 'images'>
}

/** An answer that cannot be used but may have been billed. */
export interface UnusableAnswer {
  readonly key: string
  /** The entry's name. */
  readonly name: string
  /** Why nothing in it can be used. */
  readonly reason: string
  /** The body as it arrived. */
  readonly body: string
}

/**
 * Keeps an answer that cannot be read, so that a person can look at it. Its key stays free: no picture is known to be
 * in the answer, and the caller decides whether to ask again. Equal answers are kept once.
 *
 * @returns the file's path for messages.
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export async function keepUnusable(
  folder: StoreFolder,
  { key, name, reason, body }: UnusableAnswer,
): Promise<string> {
  const file = `${safeName(name)}.${shortKeyOf(key)}.${sha256(body).slice(0, 16)}.answer.txt`
  const kept = await keepInQuarantine(folder, file, Buffer.from(body), {
    what: `An answer that arrived for ${name}, key ${key}.`,
    why: reason,
    advice:
      'It may have been billed. You can save the pictures in it by hand and use them with `source`.',
  })
  return folder.show(kept)
}

/**
 * Moves a damaged file to quarantine and writes a report beside it.
 *
 * @param name default: the file's current name.
 * @returns the new path, or `undefined` where the file no longer exists.
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export async function moveToQuarantine(
  folder: StoreFolder,
  file: string,
  report: QuarantineReport,
  name?: string,
): Promise<string | undefined> {
  const moved = folder.moveAside(file, 'quarantine', name)
  if (moved !== undefined) await writeReport(folder, moved, report)
  return moved
}

/**
 * Writes unusable bytes to quarantine.
 *
 * @returns the path of the file.
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export async function keepInQuarantine(
  folder: StoreFolder,
  name: string,
  bytes: Uint8Array,
  report: QuarantineReport,
): Promise<string> {
  const file = path.join(folder.quarantine, name)
  await folder.write(file, bytes)
  await writeReport(folder, file, report)
  return file
}

async function writeReport(
  folder: StoreFolder,
  file: string,
  report: QuarantineReport,
): Promise<void> {
  await folder.write(`${file}.report.json`, prettierJson(report))
}
