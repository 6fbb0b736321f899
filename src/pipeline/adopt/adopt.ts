import path from 'node:path'
import type { PlannedImage } from '../../plan/plan.ts'
import { toPosix } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { adoptCandidate } from './adopt-candidate.ts'
import type { AdoptAround, AdoptHow, Adoption } from './adoption.ts'
import { adoptedCopies } from './adopted-copies.ts'
import { copyBeside } from './copy-beside.ts'
import { readPicture, type GivenPicture, type ReadPicture } from './given-picture.ts'
import { agreeOnEdit } from '../edit/agree-on-edit.ts'
import { entryOf, targetOf } from '../edit/edit-target.ts'
import type { ManifestEdit } from '../edit/manifest-edit.ts'
import { propose } from '../edit/propose.ts'
import type { Survey } from '../survey.ts'
import { writeFiles } from '../edit/write-edit.ts'

/**
 * Makes an image use a picture that a person gives. Adopting the same picture again changes nothing.
 *
 * @throws ImagegenError with code `usage` or `manifest`; nothing is written then.
 */
export async function adoptPicture(
  image: PlannedImage,
  given: GivenPicture,
  survey: Survey,
  how: AdoptHow,
  around: AdoptAround,
): Promise<Adoption> {
  const picture = readPicture(given)
  return how.keepPrompt
    ? adoptCandidate(image, picture, survey, how, around)
    : adoptSource(image, picture, survey, how, around)
}

async function adoptSource(
  image: PlannedImage,
  picture: ReadPicture,
  survey: Survey,
  { mayChange, wholeEntry = false }: AdoptHow,
  { options, suppose }: AdoptAround,
): Promise<Adoption> {
  const { entry } = image
  const { subject } = entry
  const show = (file: string): string => toPosix(path.relative(options.root, file))
  const digest = sha256(picture.bytes)
  const isInUse = subject.kind === 'source' && subject.sha256 === digest && !subject.isLfsPointer
  if (isInUse && !wholeEntry) {
    const file = show(subject.file)
    return { rewritten: undefined, file, isNew: false, removed: undefined, survey }
  }
  const copies = adoptedCopies(options)
  const { source, file, isCopy, undo } = copyBeside(picture, entry.manifest.file)
  const target = wholeEntry ? entryOf(image, survey) : targetOf(image)
  const edit = { changes: { source }, retired: 'prompt' } as const
  let rewritten: ManifestEdit
  try {
    rewritten = await propose(target, edit, survey, { suppose })
    await agreeOnEdit(rewritten, mayChange)
    await writeFiles(rewritten.files)
  } catch (error) {
    undo()
    throw error
  }
  // The manifest names the copy by now, so whatever fails from here on leaves it in place.
  if (isCopy) copies.remember(file, digest)
  const removed = copies.removeReplaced(entry, rewritten.survey)
  return { rewritten, file: show(file), isNew: isCopy, removed, survey: rewritten.survey }
}
