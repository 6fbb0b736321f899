import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { startEmulator, type Fault } from '../../src/emulator/index.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { chaosProject, configOf, originalsIn, type Ended } from './project.ts'

/** The output of `generate --json`. */
interface Report {
  readonly generated: readonly string[]
  readonly failed: ReadonlyArray<{ readonly id: string; readonly code: string }>
  readonly current: number
  readonly requests: number
  readonly pictures: number
}

/** The result of a run under faults. */
export interface FaultyRun {
  readonly ended: Ended
  readonly report: Report | undefined
  /** HTTP requests that the emulator received. */
  readonly requests: number
  /** Pictures in answers that arrived complete. */
  readonly images: number
  /** What went wrong, in words. */
  readonly broken: readonly string[]
}

/** An entry of the project, by its name. */
export type Entries = Readonly<Record<string, { readonly n?: number; readonly needs?: string }>>

/** Milliseconds, for faults that hang. Healthy answers take far less, even on a busy machine. */
const TIMEOUT = 25_000

/** Faults whose pictures can be read well enough to count as unusable pictures. */
const PICTURE_FAULTS: ReadonlySet<string> = new Set<Fault['kind']>([
  'not-an-image',
  'truncated-image',
  'wrong-size',
  'wrong-aspect-ratio',
  'bomb',
])

/** Runs the command once against an emulator with faults, and checks what must always hold. */
export async function runUnderFaults(
  faults: readonly Fault[],
  entries: Entries,
  latency = 20,
): Promise<FaultyRun> {
  await using emulator = await startEmulator({ rpm: 0, latency, faults })
  await using project = await chaosProject(emulator.url, {
    'art.image.yaml': manifestOf(entries),
    ...configOf({ timeout: TIMEOUT }),
  })
  const ended = await project.run('generate', '--yes', '--json')
  const { requests, images } = emulator.stats()
  const broken: string[] = []

  const report = parseReport(ended.stdout)
  if (report === undefined) broken.push(`no report, exit ${ended.code}: ${ended.stderr}`)
  else broken.push(...inconsistencies(report, ended, Object.keys(entries), { requests, images }))

  const originals = new Set(originalsIn(project.storeDir))
  const quarantine = path.join(project.storeDir, 'quarantine')
  const setAside = new Set(namesIn(quarantine).map((name) => digestOf(quarantine, name)))
  const answers = namesIn(quarantine).filter((name) => name.endsWith('.answer.txt')).length
  for (const { sha256: hash, usable, fault = '', prompt } of emulator.served()) {
    if (usable && !originals.has(hash)) broken.push(`lost: ${prompt} ${fault}: ${ended.stderr}`)
    if (usable) continue
    if (!PICTURE_FAULTS.has(fault)) {
      // The next attempt returns the same picture in a readable answer.
      if (answers === 0) broken.push(`no answer is kept: ${fault}`)
      continue
    }
    if (originals.has(hash)) broken.push(`stored, though unusable: ${fault}`)
    if (!setAside.has(hash)) broken.push(`not kept: ${fault}`)
  }
  const { problems } = await project.openStore().verify()
  broken.push(...problems.map(({ message }) => `verify: ${message}`))

  if (ended.code === 1) {
    emulator.setFaults([])
    const before = originals.size
    // What came and cannot be used is asked for again only where somebody says so.
    for (const { id, code } of report?.failed ?? []) {
      if (code === 'unusable') await project.run('generate', '--replace', id, '--yes')
    }
    const again = await project.run('generate', '--yes', '--json')
    const gained = originalsIn(project.storeDir).length - before
    const asked = emulator.stats().images - images
    if (again.code !== 0) broken.push(`could not go on: ${again.code} ${again.stderr}`)
    if (gained !== asked) broken.push(`going on asked for ${asked} and got ${gained}`)
  }
  return { ended, report, requests, images, broken }
}

function manifestOf(entries: Entries): string {
  const lines = Object.entries(entries).map(([name, { n = 1, needs }]) => {
    const references = needs === undefined ? '' : `, references: ["#${needs}"]`
    return `  ${name}: { prompt: "a picture of ${name}", n: ${n}${references} }`
  })
  return `defaults: { alt: "", size: 512x512 }\nimages:\n${lines.join('\n')}\n`
}

function inconsistencies(
  { generated, failed, current, requests, pictures }: Report,
  { code, stderr }: Ended,
  names: readonly string[],
  seen: { readonly requests: number; readonly images: number },
): string[] {
  const broken: string[] = []
  const expected = failed.length === 0 ? 0 : 1
  if (code !== expected) broken.push(`exit ${code} with ${failed.length} failed: ${stderr}`)
  const ids = [...generated, ...failed.map(({ id }) => id)]
  const told = ids.map((id) => id.split('#')[1] ?? '').toSorted((a, b) => a.localeCompare(b))
  const all = names.toSorted((a, b) => a.localeCompare(b))
  if (current !== 0 || told.join() !== all.join()) {
    broken.push(`told of ${told.join()} of ${names.join()}`)
  }
  if (requests !== seen.requests) broken.push(`${requests} requests told, ${seen.requests} seen`)
  if (pictures < seen.images) broken.push(`${pictures} pictures told, ${seen.images} arrived`)
  if (failed.length > 0 && !stderr.includes('imagegen generate')) broken.push('no way on is told')
  return broken
}

function parseReport(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report
  } catch {
    return undefined
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function digestOf(folder: string, name: string): string {
  return sha256(readFileSync(path.join(folder, name)))
}
