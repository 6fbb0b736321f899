import type { PlannedImage } from '../../pipeline.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { count } from '../../shared/plain-text.ts'
import type { Pictures, PictureSource, StoredPicture } from '../listener/pictures.ts'
import type { ImageSide } from '../protocol-report.ts'
import { candidatesOf, pictureInUse } from '../views/picture-in-use.ts'
import { withoutPaths } from '../views/shown-problem.ts'
import type { Surveyed } from './base.ts'

/** One side of a change: the project as it is, or as it was. */
export interface SideContext extends Surveyed {
  readonly pictures: Pictures
  /** Where the bytes of a file are on this machine. */
  find(file: string, digest: string): Promise<string | undefined>
  /** Puts the bytes of a file where rendering reads them, if that is possible. */
  bring(file: string, digest: string): Promise<void>
}

/** An image with its original, as it is on one side. */
export async function originalSide(image: PlannedImage, context: SideContext): Promise<ImageSide> {
  const { survey, pictures } = context
  const { entry } = image
  const inUse = pictureInUse(image, survey, pictures)
  const picture = await keysOf(image, inUse.candidate, context)
  const candidates = candidatesOf(image, survey).length
  return {
    ...commonSide(image, context),
    ...picture,
    width: inUse.width,
    height: inUse.height,
    label: labelOf(entry.subject.kind, inUse.number, candidates),
    absent: picture.picture === null ? absence(image, inUse.candidate) : null,
  }
}

function labelOf(kind: 'source' | 'generated', number: number, count: number): string {
  if (kind === 'source') return 'made by hand'
  if (count === 0) return 'no picture yet'
  return count === 1 ? '' : `candidate ${number} of ${count}`
}

function absence({ state }: PlannedImage, candidate: StoredPicture | undefined): string {
  if (candidate !== undefined) return 'not on this machine: Git LFS or a remote store has it'
  return state === 'missing' ? 'not made yet' : 'no picture'
}

/** An image with the largest of its finished files in the format that every browser shows. */
export async function renditionSide(
  image: PlannedImage,
  context: SideContext,
  signal: AbortSignal,
): Promise<ImageSide> {
  const { pipeline, survey, pictures } = context
  try {
    const wanted = originalOf(image, pictureInUse(image, survey, pictures).candidate)
    if (wanted !== undefined) await context.bring(wanted.file, wanted.sha256)
    const { renditions } = await pipeline.render(image, survey, signal)
    const fallback = image.entry.output.formats.at(-1)
    const [first, ...others] = renditions.filter(({ format }) => format === fallback)
    if (first === undefined) return await originalSide(image, context)
    const largest = others.reduce((one, other) => (other.width > one.width ? other : one), first)
    const source: PictureSource = { kind: 'file', file: largest.file }
    const bytes = renditions.reduce((sum, rendition) => sum + rendition.bytes, 0)
    return {
      ...commonSide(image, context),
      thumbnail: pictures.thumbnail(largest.sha256, source),
      picture: pictures.whole(largest.sha256, source),
      width: largest.width,
      height: largest.height,
      label: `${count(renditions.length, 'file')}, ${Math.ceil(bytes / 1000)} kB`,
      absent: null,
    }
  } catch (error) {
    if (error instanceof ImagegenError && error.code === 'aborted') throw error
    const side = await originalSide(image, context)
    const why = withoutPaths(messageOf(error), pipeline.options.root)
    return { ...side, absent: side.picture === null ? side.absent : why }
  }
}

function commonSide(
  { state, reason }: PlannedImage,
  { pipeline }: SideContext,
): Pick<ImageSide, 'state' | 'reason'> {
  return { state, reason: withoutPaths(reason, pipeline.options.root) }
}

type Keys = Pick<ImageSide, 'thumbnail' | 'picture'>

async function keysOf(
  image: PlannedImage,
  candidate: StoredPicture | undefined,
  context: SideContext,
): Promise<Keys> {
  const keys = (digest: string, source: PictureSource): Keys => ({
    thumbnail: context.pictures.thumbnail(digest, source),
    picture: context.pictures.whole(digest, source),
  })
  const wanted = originalOf(image, candidate)
  if (wanted === undefined) return { thumbnail: null, picture: null }
  const found = await context.find(wanted.file, wanted.sha256)
  if (found !== undefined) return keys(wanted.sha256, { kind: 'file', file: found })
  // A remote store has it.
  if (candidate?.bytes === 'present') return keys(wanted.sha256, { kind: 'original', candidate })
  return { thumbnail: null, picture: null }
}

function originalOf(
  { entry: { subject } }: PlannedImage,
  candidate: StoredPicture | undefined,
): { readonly file: string; readonly sha256: string } | undefined {
  if (subject.kind === 'source') return subject
  return candidate === undefined
    ? undefined
    : { file: candidate.file, sha256: candidate.receipt.sha256 }
}
