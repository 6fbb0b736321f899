import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ResolvedOptions } from '../options.ts'
import { ImagegenError } from '../shared/errors.ts'
import { writeFileIfChanged } from '../shared/files.ts'
import { isRecord } from '../shared/record.ts'

/** Writes digests of the options that affect keys, so that the command line can compare them with its own. */
export async function leaveFingerprint(options: ResolvedOptions): Promise<void> {
  await writeFileIfChanged(
    fileOf(options),
    `${JSON.stringify(options.fingerprint, undefined, 2)}\n`,
  )
}

/**
 * Compares the options with those of the last build. The command line does not see options in the bundler's config, so
 * it would generate or prune other images.
 *
 * @throws ImagegenError with code `config` that names the options that differ.
 */
export function checkFingerprint(options: ResolvedOptions): void {
  const left = readFingerprint(fileOf(options))
  if (left === undefined) return
  const different = Object.keys(options.fingerprint).filter(
    (name) => left[name] !== undefined && left[name] !== options.fingerprint[name],
  )
  if (different.length === 0) return
  const names = different.map((name) => `\`${name}\``).join(', ')
  throw new ImagegenError('config', {
    message: `The last build had other options than this command: ${names}.`,
    hint: `Move ${names} from the bundler's config into imagegen.config.ts, which both read. If you just changed that file, build once.`,
  })
}

function fileOf({ cacheDir }: ResolvedOptions): string {
  return path.join(cacheDir, 'options.json')
}

function readFingerprint(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    // No build has run yet, or the cache is damaged.
    return undefined
  }
}
