import path from 'node:path'
import type { StoreFolder } from './folder.ts'
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
  await folder.write(`${file}.report.json`, `${JSON.stringify(report, null, 2)}\n`)
}
