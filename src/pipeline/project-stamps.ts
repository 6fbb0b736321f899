import { stat } from 'node:fs/promises'
import path from 'node:path'
import { discoverManifests } from '../manifest/read/discover.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Survey } from './survey.ts'

/** When the files of a project were last written, by their absolute path. */
export type ProjectStamps = ReadonlyMap<string, string>

/**
 * Milliseconds. File systems note times in steps of up to 10 ms: a file that was written this recently may be written
 * again without another time.
 */
const UNSETTLED = 50

/** Files that are looked at together. */
const AT_ONCE = 64

/**
 * Looks at the time stamps of everything that a survey depends on: manifests, the files that they name, the store's
 * folders, the files that options come from. Much cheaper than a survey: only a difference to the look before is worth one.
 *
 * @param survey the last one: its images name files.
 */
export async function projectStamps(
  { root, include, exclude, storeDir, optionFiles }: ResolvedOptions,
  survey: Survey | undefined,
): Promise<ProjectStamps> {
  const files = new Set([
    ...discoverManifests(root, include, exclude),
    ...(survey === undefined ? [] : filesOf(survey)),
    // Files are renamed into these folders, which changes the folders' own time.
    storeDir,
    path.join(storeDir, 'pending'),
    ...optionFiles,
  ])
  const stamps = new Map<string, string>()
  const rest = files.values()
  const lookOn = async (): Promise<void> => {
    for (const file of rest) stamps.set(file, await stampOf(file))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lookOn))
  return stamps
}

/** The files whose stamps differ, and those that came or went. */
export function changedFiles(before: ProjectStamps, now: ProjectStamps): string[] {
  const files = new Set([...before.keys(), ...now.keys()])
  return [...files].filter((file) => before.get(file) !== now.get(file))
}

function filesOf({ plan, manifests, styles, awaited }: Survey): string[] {
  return [
    ...[...manifests, ...styles].map(({ file }) => file),
    ...[...awaited.values()].flat(),
    ...plan.images.flatMap(({ entry: { subject, operations } }) => [
      ...operations.flatMap(({ files = [] }) => files.map(({ file }) => file)),
      ...(subject.kind === 'source'
        ? [subject.file]
        : subject.references.flatMap((one) => (one.kind === 'file' ? [one.file] : []))),
    ]),
  ]
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, ctimeMs, size, ino } = await stat(file, { bigint: true })
    const stamp = `${mtimeNs} ${ctimeNs} ${size} ${ino}`
    // The next look then takes the file for changed, once.
    const isUnsettled = Date.now() - Number(ctimeMs) < UNSETTLED
    return isUnsettled ? `${stamp} ${process.hrtime.bigint()}` : stamp
  } catch {
    return 'absent'
  }
}
