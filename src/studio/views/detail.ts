import {
  manifestDigest,
  withMedia,
  type Pipeline,
  type PlannedImage,
  type ShownImage,
  type Survey,
} from '../../pipeline.ts'
import { candidatesOf, keysOfCandidate, pictureInUse } from './picture-in-use.ts'
import type { Pictures, StoredPicture } from '../listener/pictures.ts'
import type {
  Candidate,
  ImageDetail,
  LinkedImage,
  Renditions,
  ShownReceipt,
  ShownReference,
  ShownRendition,
} from '../protocol-image.ts'
import type { Tile } from '../protocol.ts'
import { fieldsOf } from './fields.ts'
import { settingsOf } from './settings.ts'
import { sourceLines } from './source-lines.ts'
import { pathFromRoot, shownProblem, shownProblems, withoutPaths } from './shown-problem.ts'

/** What a detail is made from. */
export interface DetailContext {
  readonly pipeline: Pipeline
  readonly survey: Survey
  readonly pictures: Pictures
  readonly revision: number
}

/** Everything about one image. */
export function detailOf(image: PlannedImage, tile: Tile, context: DetailContext): ImageDetail {
  const { pipeline, survey, pictures, revision } = context
  const { root } = pipeline.options
  const { entry } = image
  const { whole, candidate } = pictureInUse(image, survey, pictures)
  return {
    revision,
    tile,
    digest: manifestDigest(entry.manifest),
    candidates: candidatesOf(image, survey).map((one, index) =>
      shownCandidate(one, index + 1, one === candidate, pictures, root),
    ),
    picture: whole,
    ...fieldsOf(image, survey),
    settings: settingsOf(image),
    references: referencesOf(image, context),
    referredBy: referrersOf(image, context),
    receipt: candidate === undefined ? null : shownReceipt(candidate, root),
    source: sourceLines(entry),
    problems: (survey.problems.get(entry.manifest.path) ?? []).map((one) =>
      shownProblem(one, root),
    ),
    usdOfOne: pipeline.priceOfOne(image),
  }
}

/** The finished files of an image. Those that the cache lacks are rendered. */
export async function renditionsOf(
  image: PlannedImage,
  { pipeline, survey, pictures }: DetailContext,
  signal: AbortSignal,
): Promise<Renditions> {
  try {
    const shown = await withMedia(image, survey, (one) => pipeline.render(one, survey, signal))
    const filesOf = ({ renditions }: Pick<ShownImage, 'renditions'>): ShownRendition[] =>
      renditions.map(({ format, width, height, bytes, sha256, file }) => ({
        format,
        width,
        height,
        bytes,
        picture: pictures.whole(sha256, { kind: 'file', file }),
      }))
    const media = (shown.media ?? []).map((one, index) => ({
      media: one.media,
      image: image.entry.media[index]?.image ?? null,
      renditions: filesOf(one),
    }))
    return { renditions: filesOf(shown), media, problem: null }
  } catch (error) {
    const [problem = null] = shownProblems(error, pipeline.options.root)
    return { renditions: [], media: [], problem }
  }
}

function shownCandidate(
  candidate: StoredPicture,
  number: number,
  picked: boolean,
  pictures: Pictures,
  root: string,
): Candidate {
  const { receipt, problem } = candidate
  const { sha256, seed, time, origin = 'provider', width, height, bytes, mediaType } = receipt
  const { thumbnail, whole } = keysOfCandidate(candidate, pictures)
  return {
    number,
    sha256,
    picked,
    seed,
    time,
    origin,
    width,
    height,
    bytes,
    mediaType,
    thumbnail,
    picture: whole,
    absent: problem === null ? null : withoutPaths(problem.message, root),
  }
}

function shownReceipt({ receipt, file }: StoredPicture, root: string): ShownReceipt {
  const { provider, model, responseId, time, usd, sha256, key, seed } = receipt
  return {
    provider,
    model,
    responseId,
    time,
    usd,
    sha256,
    key,
    seed,
    file: pathFromRoot(file, root),
  }
}

function referencesOf(
  { made }: PlannedImage,
  { pipeline, survey, pictures }: DetailContext,
): ShownReference[] {
  return (made?.subject.references ?? []).map((reference): ShownReference => {
    const type = reference.type ?? null
    switch (reference.kind) {
      case 'file': {
        const { file, sha256, isLfsPointer } = reference
        const source = { kind: 'file', file } as const
        const thumbnail = isLfsPointer ? null : pictures.thumbnail(sha256, source)
        return { type, kind: 'file', file: pathFromRoot(file, pipeline.options.root), thumbnail }
      }
      case 'url':
        return { type, kind: 'url', url: reference.url, thumbnail: null }
      case 'entry': {
        const other = survey.images.get(reference.id)
        const name = other?.entry.name ?? reference.id
        const thumbnail =
          other === undefined ? null : pictureInUse(other, survey, pictures).thumbnail
        const state = other?.state ?? 'blocked'
        return { type, kind: 'image', id: reference.id, name, state, thumbnail }
      }
      default:
        return reference satisfies never
    }
  })
}

function referrersOf({ entry }: PlannedImage, { survey, pictures }: DetailContext): LinkedImage[] {
  const referring = survey.plan.images.filter(
    ({ made }) =>
      made?.subject.references.some((one) => one.kind === 'entry' && one.id === entry.id) === true,
  )
  return referring.map((image) => ({
    id: image.entry.id,
    name: image.entry.name,
    state: image.state,
    thumbnail: pictureInUse(image, survey, pictures).thumbnail,
  }))
}
