import path from 'node:path'
import type { ImageEntry } from '../../manifest/entry.ts'
import { readEmbeddedPrompt } from '../../pixels/embedded/embedded-prompt.ts'
import { pickedOf } from '../../plan/picked.ts'
import { createPlanner, type PlannedImage } from '../../plan/plan.ts'
import type { MadeImage } from '../../plan/planned-image.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { canonicalJson } from '../../shared/hash.ts'
import { adoptedReceipt, inspectAdopted, type Adopter } from '../../store/arrive/adopted-receipt.ts'
import { withCandidate, withRecord, type KeyRecord } from '../../store/read/snapshot.ts'
import type { Receipt } from '../../store/receipt.ts'
import type { Store } from '../../store/store.ts'
import type { AdoptAround, AdoptHow, Adoption } from './adoption.ts'
import type { ReadPicture } from './given-picture.ts'
import { agreeOnEdit } from '../edit/agree-on-edit.ts'
import { targetOf } from '../edit/edit-target.ts'
import { proposePick } from '../edit/pick.ts'
import { replan, type Survey } from '../survey.ts'
import { writeFiles } from '../edit/write-edit.ts'

/**
 * Adds a picture to the candidates of an image's recipe and picks it. The prompt stays, and nothing is paid: the receipt
 * says where the picture comes from.
 *
 * @throws ImagegenError with code `usage` for an image without a prompt, or a picture that cannot be decoded; with code
 * `unavailable` for an image whose originals are damaged; with code `manifest`. Nothing is written then.
 */
export async function adoptCandidate(
  image: PlannedImage,
  picture: ReadPicture,
  survey: Survey,
  { origin, signal, mayChange, wholeEntry = false }: AdoptHow,
  { options, store, suppose }: AdoptAround,
): Promise<Adoption> {
  const { entry, made } = image
  if (wholeEntry) {
    throw new ImagegenError('usage', {
      message: 'A candidate belongs to one recipe, and the images of a matrix have one each.',
      hint: `Name one of them, such as ${entry.id}.`,
    })
  }
  if (made === undefined) {
    throw new ImagegenError('usage', {
      message: `${entry.id} is a file made by hand: there is no prompt to keep.`,
      hint: 'Remove its `source` and add a `prompt`, or adopt without `--keep-prompt`.',
    })
  }
  const { key } = made
  const facts = await inspectAdopted(picture.bytes, picture.file ?? picture.name)
  const { model } = await readEmbeddedPrompt(picture.bytes)
  const receipt = adoptedReceipt(facts, adopterOf(entry, made, origin, model), new Date())
  // A picture of the same recipe that arrives right now must not change the numbers in between.
  const lock = await store.lock(key, { signal, onWait: () => {} })
  try {
    const before = await soundRecord(image, key, store)
    const record = withCandidate(before, receipt)
    const snapshot = withRecord(survey.snapshot, record)
    const isInUse = pickedOf(record.candidates, entry.pick)?.receipt.sha256 === receipt.sha256
    const around = { suppose, snapshot }
    const rewritten = isInUse
      ? undefined
      : await proposePick(targetOf(image), receipt.sha256, survey, store, around)
    if (rewritten !== undefined) await agreeOnEdit(rewritten, mayChange)
    await store.adopt(receipt, picture.bytes)
    if (rewritten !== undefined) await writeFiles(rewritten.files)
    return {
      rewritten,
      file: await fileOf(receipt, store, options.root),
      isNew: !before.candidates.some((each) => each.receipt.sha256 === receipt.sha256),
      removed: undefined,
      survey: rewritten?.survey ?? replan(survey, snapshot, createPlanner(options.models)),
    }
  } finally {
    lock.release()
  }
}

/** @param model what the picture says of the model that made it. */
export function adopterOf(
  { id, name }: ImageEntry,
  { key, recipe }: MadeImage,
  origin: AdoptHow['origin'],
  model: string | undefined,
): Adopter {
  const plain = JSON.parse(canonicalJson(recipe)) as Receipt['recipe']
  return { key, recipe: plain, name, entry: id, origin, model }
}

/** Damaged files may be pictures that are paid for, so a key with problems takes no candidate. */
async function soundRecord({ entry }: PlannedImage, key: string, store: Store): Promise<KeyRecord> {
  await store.recover()
  const record = await store.readKey({ key, candidates: 0 })
  const [problem] = record.problems
  if (problem === undefined) return record
  throw new ImagegenError('unavailable', {
    message: `${entry.id} takes no candidate now: ${problem.message}`,
    hint: problem.hint,
  })
}

/** The path from the root of the file that now holds a picture. */
async function fileOf({ key, sha256 }: Receipt, store: Store, root: string): Promise<string> {
  const { candidates } = await store.readKey({ key, candidates: 0 })
  const file = candidates.find(({ receipt }) => receipt.sha256 === sha256)?.file ?? ''
  return toPosix(path.relative(root, file))
}
