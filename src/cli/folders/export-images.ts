import { availableParallelism } from 'node:os'
import { candidatesOf } from '../../pipeline/describe-image.ts'
import {
  withMedia,
  type Pipeline,
  type PlannedImage,
  type RenderedImage,
  type Survey,
} from '../../pipeline.ts'
import { type ErrorCode, ImagegenError, type Problem } from '../../shared/errors.ts'
import {
  type ExportedCandidate,
  type ExportedFile,
  type ExportedImage,
  exportedFile,
  exportedImage,
} from './export-folder.ts'

/**
 * How many images are requested at once. This is more than are rendered in parallel, to keep all threads busy, but not
 * all of them, because thousands of waiting images would hold more memory than the ones being rendered.
 */
const ASKED_AT_ONCE = 2 * availableParallelism() + 4

/** What an export writes for each image. */
export interface ExportHow {
  /** Whether images without an original get a placeholder. */
  readonly placeholders: boolean
  /** Whether candidates that are not in use are exported too. */
  readonly allCandidates: boolean
  readonly signal: AbortSignal
}

/** The files of selected images, their values for the list, and what cannot be had. */
export interface RenderedExport {
  /** By id, in the order of the images. */
  readonly values: ReadonlyMap<string, ExportedImage>
  /** By name in the exported folder. */
  readonly files: ReadonlyMap<string, ExportedFile>
  /** The ids of images that are exported as placeholders. */
  readonly placeholders: readonly string[]
  readonly failed: readonly FailedExport[]
}

export interface FailedExport {
  readonly id: string
  readonly code: ErrorCode
  readonly problems: readonly Problem[]
}

type Rendition = RenderedImage['renditions'][number]

/** One image of an export: its value and its renditions by their exported name, or why there are none. */
interface Finished {
  readonly value: ExportedImage | undefined
  readonly files: ReadonlyArray<readonly [string, ExportedFile]>
  readonly failed: readonly FailedExport[]
}

/**
 * Renders images and collects what cannot be rendered.
 *
 * @param nameOf the exported name of an image by its id.
 * @throws ImagegenError with code `aborted`.
 */
export async function renderExport(
  images: readonly PlannedImage[],
  nameOf: (id: string) => string,
  survey: Survey,
  pipeline: Pipeline,
  how: ExportHow,
): Promise<RenderedExport> {
  const finished = new Map<PlannedImage, Finished>()
  const left = images.values()
  const renderInTurn = async (): Promise<void> => {
    for (const image of left) {
      const name = nameOf(image.entry.id)
      const mediaNames = mediaNamesOf(image, name, nameOf)
      finished.set(image, await renderOne(image, [name, ...mediaNames], survey, pipeline, how))
    }
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, renderInTurn))
  const all = images.flatMap((image) => {
    const found = finished.get(image)
    return found === undefined ? [] : [{ id: image.entry.id, ...found }]
  })
  const values = all.flatMap(({ id, value }) => (value === undefined ? [] : [[id, value] as const]))
  return {
    values: new Map(values),
    files: new Map(all.flatMap(({ files }) => files)),
    placeholders: values.flatMap(([id, { placeholder }]) => (placeholder === true ? [id] : [])),
    failed: all.flatMap(({ failed }) => failed),
  }
}

/**
 * The exported names of what an image shows for its media: that of another image where its files are the same, else the
 * image's own with a number.
 */
function mediaNamesOf(
  { entry }: PlannedImage,
  name: string,
  nameOf: (id: string) => string,
): readonly string[] {
  return entry.media.map(({ image, settings }, index) =>
    image !== undefined && Object.keys(settings).length === 0
      ? nameOf(image)
      : `${name}~${index + 1}`,
  )
}

/** @param names the exported names of the image and of what it shows for its media. */
async function renderOne(
  image: PlannedImage,
  [name, ...mediaNames]: readonly [string, ...string[]],
  survey: Survey,
  pipeline: Pipeline,
  { placeholders, allCandidates, signal }: ExportHow,
): Promise<Finished> {
  const { id, alt = '' } = image.entry
  const files: Array<readonly [string, ExportedFile]> = []
  const failed: FailedExport[] = []
  const names = new Map<Rendition, string>()
  const keep = (as: string, { renditions }: Pick<RenderedImage, 'renditions'>): void => {
    files.push(...renditions.map((one) => [exportedFile(as, one), one] as const))
    for (const one of renditions) names.set(one, as)
  }
  const nameOf = (rendition: Rendition): string => names.get(rendition) ?? name

  let isPlaceholder = false
  const inUse = await attempt(() => pipeline.render(image, survey, signal))
  const shown = await attempt(() =>
    withMedia(image, survey, async (one) => {
      const rendered =
        one === image ? inUse : await attempt(() => pipeline.render(one, survey, signal))
      if (!(rendered instanceof ImagegenError)) return rendered
      if (!placeholders || !lacksOriginal(one, rendered)) throw rendered
      isPlaceholder = true
      return pipeline.renderPlaceholder(one, signal)
    }),
  )
  if (shown instanceof ImagegenError) {
    failed.push({ id, code: shown.code, problems: shown.problems })
  } else {
    keep(name, shown)
    for (const [index, one] of (shown.media ?? []).entries()) keep(mediaNames[index] ?? name, one)
  }

  const candidates: ExportedCandidate[] = []
  const stored = allCandidates ? candidatesOf(image, survey, pipeline.options.root) : []
  for (const { number, digest, stored: candidate } of stored) {
    const { sha256, seed, time } = candidate.receipt
    const picked = sha256 === image.picked
    if (picked && inUse instanceof ImagegenError) continue
    const as = picked ? name : `${name}~${digest}`
    const rendered = picked
      ? inUse
      : await attempt(() => pipeline.render(image, survey, signal, candidate))
    if (rendered instanceof ImagegenError) {
      failed.push({
        id,
        code: rendered.code,
        problems: rendered.problems.map((problem) => ({
          ...problem,
          message: `Candidate ${number} (${digest}) of ${id}: ${problem.message}`,
        })),
      })
      continue
    }
    if (!picked) keep(as, rendered)
    candidates.push({
      number,
      digest,
      sha256,
      seed,
      time,
      picked,
      ...exportedImage(alt, rendered, () => as),
    })
  }

  const value =
    shown instanceof ImagegenError
      ? undefined
      : {
          ...exportedImage(alt, shown, nameOf),
          ...(isPlaceholder ? { placeholder: true as const } : {}),
          ...(allCandidates ? { candidates } : {}),
        }
  return { value, files: value === undefined ? [] : files, failed }
}

/** The result, or the reason why it is missing. */
async function attempt<Rendered extends RenderedImage>(
  work: () => Promise<Rendered>,
): Promise<Rendered | ImagegenError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImagegenError && error.code !== 'aborted') return error
    throw error
  }
}

/** Whether an image cannot be rendered because its original is not here, and not because of its settings. */
function lacksOriginal({ state }: PlannedImage, { code }: ImagegenError): boolean {
  return (
    (state !== 'current' && state !== 'outdated') || code === 'unavailable' || code === 'damaged'
  )
}
