import path from 'node:path'
import { sha256 } from '../../shared/hash.ts'
import { prettierJson } from '../../shared/prettier-json.ts'
import { safeName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { PendingResponse } from './pending.ts'

/** What a person finds beside something that was set aside. */
export interface QuarantineReport {
  readonly what: string
  readonly why: string
  /** What to do about it. */
  readonly advice: string
  /** The response that brought it, without the pictures. */
  readonly response?: Omit<PendingResponse, 'images'>
}

/** An answer of which nothing can be used, and which may have been paid for all the same. */
export interface UnusableAnswer {
  readonly key: string
  /** The entry's name. */
  readonly name: string
  /** Why nothing of it can be used. */
  readonly reason: string
  /** As it arrived. */
  readonly body: string
}

/**
 * Keeps an answer that nothing can be read out of, for a person to look at. Its key stays free: no picture is known to
 * be in it, and asking again is what its caller decides. The same answer is kept once.
 *
 * @returns where it is, as people know it.
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
      'It may have been paid for. What pictures are in it can be saved by hand, and used with `source`.',
  })
  return folder.show(kept)
}

/**
 * Moves a damaged file out of the way, and says beside it why.
 *
 * @param name default: the one it has.
 * @returns where it is now, or nothing where it was gone.
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
 * Keeps bytes that cannot be used.
 *
 * @returns where they are.
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
