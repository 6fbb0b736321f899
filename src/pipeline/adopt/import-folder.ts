import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { manifestError } from '../../generate/agreement.ts'
import { createLocate, type Manifest } from '../../manifest/manifest.ts'
import { MANIFEST_FILE, manifestPath } from '../../manifest/read/discover.ts'
import { parseManifest } from '../../manifest/read/parse.ts'
import { MOST_MANIFEST_BYTES } from '../../manifest/read/read.ts'
import { resolveManifests } from '../../manifest/resolve/resolve.ts'
import { digestPick } from '../../plan/picked.ts'
import { createPlanner } from '../../plan/plan.ts'
import { throwIfAborted } from '../../shared/abort.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { writeNew } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { count } from '../../shared/plain-text.ts'
import { adoptedReceipt } from '../../store/arrive/adopted-receipt.ts'
import {
  withCandidate,
  withRecord,
  type KeyRecord,
  type StoreSnapshot,
} from '../../store/read/snapshot.ts'
import type { Receipt } from '../../store/receipt.ts'
import { adopterOf } from './adopt-candidate.ts'
import type { AdoptAround } from './adoption.ts'
import { readPicture } from './given-picture.ts'
import { defaultManifest, importedManifest, placeSources } from './imported-manifest.ts'
import { readPictures, type FoundPicture, type SkippedFile } from './imported-pictures.ts'
import { seen, surveyOf, type Survey } from '../survey.ts'

/** How a folder is imported. */
export interface ImportHow {
  /** Absolute path of the manifest to write; `undefined`: one named after the folder. */
  readonly out: string | undefined
  readonly signal: AbortSignal
  /** Called after each picture that was read. */
  readonly onProgress: (done: number, total: number) => void
}

/** What importing a folder did. */
export interface Imported {
  /** The manifest's path from the root. */
  readonly manifest: string
  /** Whether it was written. If not, it has every picture already. */
  readonly isNew: boolean
  readonly images: readonly ImportedImage[]
  /** What is not in the manifest. */
  readonly skipped: readonly SkippedFile[]
}

/** One picture of the manifest. */
export interface ImportedImage {
  readonly name: string
  /** The file's name in the folder. */
  readonly file: string
  /** `candidate`: adopted with its prompt. `source`: used as a file. */
  readonly as: 'candidate' | 'source'
  /** Why it is used as a file. */
  readonly reason: string | undefined
}

/**
 * Writes a manifest of the pictures in a folder, with the prompts that came with them. Nothing is paid, no manifest is
 * overwritten, and importing again changes nothing.
 *
 * @param folder absolute.
 * @throws ImagegenError with code `usage`, `manifest` or `unavailable`; no manifest is written then.
 */
export async function importFolder(
  folder: string,
  survey: Survey,
  how: ImportHow,
  around: AdoptAround,
): Promise<Imported> {
  const { options, defaults } = around
  const file = how.out ?? defaultManifest(folder, options.root)
  if (!MANIFEST_FILE.test(file)) {
    throw new ImagegenError('usage', {
      message: `${file} is no name for a manifest.`,
      hint: 'Names of manifests end with `.image.yaml`: `--out src/pictures.image.yaml`.',
    })
  }
  const manifest = manifestPath(options.root, file)
  const model = options.models.get(defaults.model ?? 'image-01')
  const { found, skipped } = await readPictures(folder, model, how.signal, how.onProgress)
  if (found.length === 0) {
    throw new ImagegenError('usage', {
      message: `${folder} has no picture that can be imported.`,
      hint: 'Name a folder with PNG, JPEG, WebP, AVIF, GIF, TIFF or SVG files. Folders inside it are not looked into.',
    })
  }
  const isNew = !existsSync(file)
  if (isNew) await writeImported({ file, manifest, folder, found }, survey, how.signal, around)
  else refuseOthers(manifest, found, survey)
  const images = found.map(({ name, file: picture, as }) => ({
    name,
    file: path.basename(picture),
    as: as.kind,
    reason: as.kind === 'source' ? as.reason : undefined,
  }))
  return { manifest, isNew, images, skipped }
}

/** The manifest to write, and its pictures. */
interface Import {
  /** Absolute. */
  readonly file: string
  /** From the root. */
  readonly manifest: string
  readonly folder: string
  readonly found: readonly FoundPicture[]
}

async function writeImported(
  work: Import,
  survey: Survey,
  signal: AbortSignal,
  around: AdoptAround,
): Promise<void> {
  const { file, folder, found } = work
  mkdirSync(path.dirname(file), { recursive: true })
  const sources = placeSources(found, file, around.options.root)
  try {
    const textWith = (picks: ReadonlyMap<string, string>): string =>
      importedManifest(folder, found, sources, picks)
    // Keys do not depend on picks, so a plan without them has the keys.
    const keyed = planned(work, textWith(new Map()), survey, survey.snapshot, around)
    const receipts = receiptsOf(work, keyed)
    const records = await recordsWith([...receipts.values()], around)
    const text = textWith(picksOf(receipts, records))
    const snapshot = [...records.values()].reduce(withRecord, survey.snapshot)
    planned(work, text, survey, snapshot, around)
    // The pictures come first: a manifest without them would ask for them.
    for (const { file: picture, name } of found) {
      const receipt = receipts.get(name)
      if (receipt !== undefined) await keep(receipt, picture, signal, around)
    }
    if (!writeNew(file, text)) throw exists(work.manifest, 'was written by another program')
  } catch (error) {
    sources.undo()
    throw error
  }
}

/** Plans the project with the new manifest, which must have no problems. */
function planned(
  { file, manifest }: Import,
  text: string,
  { manifests: others, styles }: Survey,
  snapshot: StoreSnapshot,
  { options, defaults }: AdoptAround,
): Survey {
  if (Buffer.byteLength(text) > MOST_MANIFEST_BYTES) {
    throw new ImagegenError('usage', {
      message: 'The pictures are too many for one manifest, which may have 1 MiB.',
      hint: 'Import them in parts: move some into another folder.',
    })
  }
  const added: Manifest = {
    file,
    path: manifest,
    text,
    content: parseManifest(text, manifest),
    extended: [],
    styles: [],
    locate: createLocate(manifest, text),
  }
  const manifests = [...others, added]
  const resolution = resolveManifests(manifests, new Set(), { ...options, defaults })
  const reading = { manifests, styles, broken: new Map(), awaited: new Map(), resolution }
  const survey = surveyOf(reading, createPlanner(options.models), seen(snapshot, false))
  const problem = manifestError(survey.problems)
  if (problem !== undefined) throw problem
  return survey
}

/** The receipts of the pictures that become candidates, by image name. */
function receiptsOf({ manifest, found }: Import, { images }: Survey): ReadonlyMap<string, Receipt> {
  const now = Date.now()
  return new Map(
    found.flatMap(({ name, as }, index) => {
      const image = images.get(`${manifest}#${name}`)
      if (as.kind === 'source' || image?.made === undefined) return []
      const adopter = adopterOf(image.entry, image.made, 'elsewhere', as.model)
      // Candidates of one prompt are ordered by time, so that they keep the order of the files.
      const time = new Date(now - found.length + index)
      return [[name, adoptedReceipt(as.picture, adopter, time)] as const]
    }),
  )
}

/** The records of the receipts' keys as they will be, by key. */
async function recordsWith(
  receipts: readonly Receipt[],
  { store }: AdoptAround,
): Promise<ReadonlyMap<string, KeyRecord>> {
  const records = new Map<string, KeyRecord>()
  for (const receipt of receipts) {
    const { key } = receipt
    const record = records.get(key) ?? (await store.readKey({ key, candidates: 1 }))
    const [problem] = record.problems
    if (problem !== undefined) throw new ImagegenError('unavailable', problem)
    records.set(key, withCandidate(record, receipt))
  }
  return records
}

/** Which candidate each image uses, where it is not the first: several pictures may have one prompt. */
function picksOf(
  receipts: ReadonlyMap<string, Receipt>,
  records: ReadonlyMap<string, KeyRecord>,
): ReadonlyMap<string, string> {
  const picks = new Map<string, string>()
  for (const [name, { key, sha256: digest }] of receipts) {
    const { candidates = [] } = records.get(key) ?? {}
    const index = candidates.findIndex(({ receipt }) => receipt.sha256 === digest)
    if (index > 0) picks.set(name, digestPick(digest, candidates))
  }
  return picks
}

async function keep(
  receipt: Receipt,
  file: string,
  signal: AbortSignal,
  { store }: AdoptAround,
): Promise<void> {
  throwIfAborted(signal)
  const lock = await store.lock(receipt.key, { signal, onWait: () => {} })
  try {
    const { bytes } = readPicture({ kind: 'file', file })
    if (sha256(bytes) !== receipt.sha256) {
      throw new ImagegenError('usage', {
        message: `${file} changed while it was being imported. No manifest was written.`,
        hint: 'Run the command again.',
      })
    }
    await store.adopt(receipt, bytes)
  } finally {
    lock.release()
  }
}

/**
 * Checks that an existing manifest has every picture.
 *
 * @throws ImagegenError with code `usage` that lists those that it lacks.
 */
function refuseOthers(path: string, found: readonly FoundPicture[], survey: Survey): void {
  const manifest = survey.manifestAt(path)
  if (manifest === undefined) throw exists(path, 'exists, and is not a manifest of this project')
  const sources = survey
    .entriesOf(manifest)
    .flatMap(({ subject }) => (subject.kind === 'source' ? [subject.sha256] : []))
  // Receipts say which manifest adopted a picture, also of an image whose prompt was edited since.
  const adopted = survey.snapshot
    .everything()
    .candidates.flatMap(({ receipt }) =>
      receipt.entry?.startsWith(`${path}#`) === true ? [receipt.sha256] : [],
    )
  const known = new Set([...sources, ...adopted])
  const lacking = found.filter((picture) => !known.has(picture.sha256)).map(({ name }) => name)
  if (lacking.length === 0) return
  const some = lacking.slice(0, MOST_NAMES).join(', ')
  const more = lacking.length > MOST_NAMES ? ', …' : ''
  throw exists(path, `exists, and lacks ${count(lacking.length, 'picture')} (${some}${more})`)
}

/** The most names in a message. */
const MOST_NAMES = 10

function exists(manifest: string, what: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `${manifest} ${what}. Nothing was written.`,
    hint: 'Name another manifest with `--out`.',
  })
}
