import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { drawPlaceholder } from '../model/placeholder.ts'
import type { ResolvedOptions } from '../options.ts'
import { sniffMediaType } from '../pixels/media-type.ts'
import { pickedOf } from '../plan/picked.ts'
import type { PlannedImage } from '../plan/plan.ts'
import type { PlaceholderLabel, RenderJob } from '../render/render.ts'
import type { Provenance } from '../render/rendition.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { lfsObjectOf } from '../shared/lfs-pointer.ts'
import type { Candidate } from '../store/read/snapshot.ts'
import type { Receipt } from '../store/receipt.ts'
import type { Store } from '../store/store.ts'
import type { Survey } from './survey.ts'

/**
 * Creates the render job of an image whose original exists.
 *
 * @param chosen the candidate to render. Default: the one in use.
 */
export function pictureJob(
  image: PlannedImage,
  survey: Survey,
  store: Store,
  options: ResolvedOptions,
  chosen?: Candidate,
): RenderJob {
  const { entry, made } = image
  if (entry.subject.kind === 'source') {
    const { file, sha256: expected, mediaType } = entry.subject
    return {
      ...commonJob(image),
      original: { sha256: expected, mediaType, read: () => readSource(file, expected) },
      provenance: undefined,
    }
  }
  const candidate =
    chosen ??
    (made === undefined
      ? undefined
      : pickedOf(survey.snapshot.lookup(made.key).candidates, entry.pick))
  if (made === undefined || candidate === undefined) {
    throw new ImagegenError('unavailable', {
      message: `${entry.id} is ${image.state}: ${image.reason}.`,
      hint: 'Run `imagegen plan` to see its state.',
    })
  }
  const { sha256, mediaType } = candidate.receipt
  return {
    ...commonJob(image),
    original: { sha256, mediaType, read: () => store.readOriginal(candidate) },
    provenance: options.provenance
      ? provenanceOf(candidate.receipt, made.model.modelId)
      : undefined,
  }
}

/** What the renditions say about their origin. The model is named only if it is known. */
function provenanceOf({ origin = 'provider', model }: Receipt, modelId: string): Provenance {
  switch (origin) {
    case 'provider':
      return { model: modelId }
    case 'elsewhere':
      return model === '' ? {} : { model }
    case 'edited':
      return model === '' ? { isEdited: true } : { model, isEdited: true }
  }
}

/** The size of a placeholder if the model's limits do not define the image's size. */
const UNKNOWN_SIZE = { width: 1024, height: 1024 }

/** Creates the render job of a placeholder of the final size. Its bytes, and so its URL, differ from the real image's. */
export async function placeholderJob(
  image: PlannedImage,
  label: PlaceholderLabel | undefined,
): Promise<RenderJob> {
  const { entry, made } = image
  const bytes = await drawPlaceholder({ ...(made?.expected ?? UNKNOWN_SIZE), label: entry.name })
  return {
    ...commonJob(image),
    original: {
      sha256: sha256(bytes),
      mediaType: sniffMediaType(bytes),
      read: () => Promise.resolve(bytes),
    },
    provenance: undefined,
    notice: label && { label, isDimmed: false },
  }
}

/**
 * Creates the render job of a placeholder that shows an image's previous picture, dimmed, until there is a new one.
 *
 * @returns undefined if there is no previous picture here.
 */
export function previousJob(
  image: PlannedImage,
  label: PlaceholderLabel,
  survey: Survey,
  store: Store,
): RenderJob | undefined {
  const candidate = previousCandidate(image, survey)
  if (candidate === undefined) return undefined
  const { sha256, mediaType, width, height } = candidate.receipt
  const job = commonJob(image)
  const size = image.made?.expected ?? { width, height }
  const isSameSize = size.width === width && size.height === height
  return {
    ...job,
    // The page keeps its layout when the new picture arrives.
    operations: isSameSize
      ? job.operations
      : [{ name: 'resize', args: [{ ...size, fit: 'cover' }] }, ...job.operations],
    original: { sha256, mediaType, read: () => store.readOriginal(candidate) },
    provenance: undefined,
    notice: { label, isDimmed: true },
  }
}

/** A candidate of the same recipe, else the newest picture that an entry of this id asked for. */
function previousCandidate(
  { entry, made }: PlannedImage,
  { snapshot }: Survey,
): Candidate | undefined {
  const isThere = ({ bytes }: Candidate): boolean => bytes === 'present'
  const same = made === undefined ? [] : snapshot.lookup(made.key).candidates
  const own = same.findLast(isThere)
  if (own !== undefined) return own
  // Receipts of version 1 have only the name.
  const asked = snapshot
    .receiptsNamed(entry.name)
    .filter((receipt) => (receipt.entry ?? entry.id) === entry.id)
  for (const { key, sha256 } of asked.toReversed()) {
    const found = snapshot.lookup(key).candidates.find(({ receipt }) => receipt.sha256 === sha256)
    if (found !== undefined && isThere(found)) return found
  }
  return undefined
}

function commonJob({ entry }: PlannedImage): Omit<RenderJob, 'original' | 'provenance'> {
  return {
    name: entry.name,
    operations: entry.operations,
    readComposite: (file) => readFile(file),
    output: entry.output,
  }
}

async function readSource(file: string, expected: string): Promise<Uint8Array> {
  const bytes = await readFile(file)
  if (sha256(bytes) === expected) return bytes
  if (lfsObjectOf(bytes) !== undefined) {
    throw new ImagegenError('render', {
      message: `${path.basename(file)} is a Git LFS pointer.`,
      hint: 'Run `git lfs pull`, then try again.',
    })
  }
  throw new ImagegenError('render', {
    message: `${file} was changed while it was being read.`,
    hint: 'Try again.',
  })
}
