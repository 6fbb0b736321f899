import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ImageEntry, Reference } from '../manifest/entry.ts'
import type { ImageModelFile } from '../model/image-model.ts'
import { prepareReference } from '../model/reference-image.ts'
import type { Job } from '../plan/plan.ts'
import type { RecipeReference } from '../plan/recipe.ts'
import { ImagegenError } from '../shared/errors.ts'
import { toPosix } from '../shared/files.ts'
import { sha256 } from '../shared/hash.ts'
import type { InputPicture } from '../store/receipt.ts'
import type { Store } from '../store/store.ts'

/** The reference pictures of a request, and what its receipts will say of them. */
export interface Inputs {
  readonly files: ImageModelFile[]
  readonly inputs: InputPicture[]
}

/**
 * Reads the reference pictures of a job: files from the disk, other entries' picked originals from the store.
 *
 * @throws ImagegenError where a picture is not what the recipe's key says any more, or cannot be read.
 */
export async function readInputs(
  job: Job,
  entries: ReadonlyMap<string, ImageEntry>,
  store: Store,
): Promise<Inputs> {
  const { recipe, subject, model } = job.made
  const files: ImageModelFile[] = []
  const inputs: InputPicture[] = []
  for (const [position, wanted] of (recipe.references ?? []).entries()) {
    const written = subject.references[position]
    if (written === undefined) continue
    const options =
      wanted.type === undefined
        ? {}
        : { providerOptions: { [model.provider]: { type: wanted.type } } }
    if ('url' in wanted) {
      files.push({ type: 'url', url: wanted.url, ...options })
      continue
    }
    const bytes = await readReference(job, written, wanted, entries, store)
    const { mediaType, data } = await prepareReference(bytes)
    files.push({ type: 'file', mediaType, data, ...options })
    inputs.push({ reference: nameOf(job, written), sha256: sha256(bytes) })
  }
  return { files, inputs }
}

async function readReference(
  job: Job,
  written: Reference,
  wanted: Exclude<RecipeReference, { url: string }>,
  entries: ReadonlyMap<string, ImageEntry>,
  store: Store,
): Promise<Uint8Array> {
  if ('key' in wanted) {
    const snapshot = await store.read([wanted.key])
    const candidate = snapshot.lookup(wanted.key).candidates[wanted.pick - 1]
    if (candidate === undefined) {
      throw new ImagegenError('unavailable', {
        message: `${job.entry.id} refers to ${nameOf(job, written)}, whose picture is not there.`,
        hint: 'Run `imagegen plan` to see why.',
      })
    }
    return store.readOriginal(candidate)
  }
  const file = fileOf(written, entries)
  const bytes = readFileSync(file)
  if (sha256(bytes) !== wanted.sha256) {
    throw new ImagegenError('unusable', {
      message: `${path.basename(file)} was changed after the plan was made: ${job.entry.id} was not asked for.`,
      hint: 'Run it again.',
    })
  }
  return bytes
}

function fileOf(written: Reference, entries: ReadonlyMap<string, ImageEntry>): string {
  if (written.kind === 'file') return written.file
  const subject = written.kind === 'entry' ? entries.get(written.id)?.subject : undefined
  if (subject?.kind === 'source') return subject.file
  throw new Error(`A reference without a file: ${JSON.stringify(written)}`)
}

/** How the receipt calls a reference: never by an absolute path, it is committed. */
function nameOf(job: Job, written: Reference): string {
  switch (written.kind) {
    case 'file':
      return toPosix(path.relative(path.dirname(job.entry.manifest.file), written.file))
    case 'entry':
      return written.id
    case 'url':
      return written.url
    default:
      return written satisfies never
  }
}
