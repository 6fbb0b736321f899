import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ResolvedOptions } from '../options.ts'
import type { ConfigInputs } from '../options/config-input.ts'
import { ImagegenError } from '../shared/errors.ts'
import { writeFileIfChanged } from '../shared/files.ts'
import { visible } from '../shared/plain-text.ts'
import { isRecord } from '../shared/record.ts'

/** Writes digests of the options that affect keys, so that the command line can compare them with its own. */
export async function leaveFingerprint(options: ResolvedOptions): Promise<void> {
  await writeFileIfChanged(
    fileOf(options),
    `${JSON.stringify({ ...options.fingerprint, inputs: options.inputs.read }, undefined, 2)}\n`,
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
  const inputs = differentInputs(options.inputs, left['inputs'])
  if (inputs.length > 0) {
    const read = path.basename(options.configFile ?? 'the config')
    throw new ImagegenError('config', {
      message: `The last build had other options than this command: ${names}. ${read} is a function, which was called with another ${inputs.join(', ')}.`,
      hint: `Have it return the same ${names} for both. If the config was changed just now, build once.`,
    })
  }
  throw new ImagegenError('config', {
    message: `The last build had other options than this command: ${names}.`,
    hint: `Move ${names} from the bundler's config into imagegen.config.ts, which both read. If you just changed that file, build once.`,
  })
}

/** What the config function was told here and in the last build, where that was not the same. */
function differentInputs({ read, valueOf }: ConfigInputs, left: unknown): string[] {
  const before = isRecord(left) ? left : {}
  const names = [...new Set([...Object.keys(before), ...Object.keys(read)])].sort()
  return names.flatMap((name) => {
    const value = before[name]
    const now = valueOf(name)
    // What the last build did not look at may have been the same.
    if (value === now || typeof value !== 'string') return []
    return name.startsWith('env.')
      ? [`\`${visible(name)}\``]
      : [`\`${visible(name)}\` (\`${visible(value)}\` then, \`${now}\` now)`]
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
