import type { EditPlace } from '../../manifest/edit/edit.ts'
import { type Manifest, pathOfImage } from '../../manifest/manifest.ts'
import type { PlannedImage } from '../../plan/plan.ts'
import { selectPlan } from '../../plan/select.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Survey } from '../survey.ts'

/** What an edit is for: one image, or the entry of a matrix with all of its images. */
export interface EditTarget {
  /** The id of the image, or of the entry as written: `tiles.image.yaml#tile-${season}`. */
  readonly id: string
  readonly manifest: Manifest
  readonly place: EditPlace
  readonly images: readonly [PlannedImage, ...PlannedImage[]]
}

/**
 * Finds what an id or a name means: an image, or the entry of a matrix by its name as written.
 *
 * @throws ImagegenError with code `usage` if there is no such image, or several.
 */
export function editTarget(id: string, survey: Survey): EditTarget {
  const exact = survey.images.get(id)
  if (exact !== undefined) return targetOf(exact)
  const entries = id.includes('${') ? entriesWritten(id, survey) : []
  const [entry] = entries
  if (entry !== undefined && entries.length === 1) return entry
  if (entries.length > 1) throw severalMatch(id, entries)
  const { images } = selectPlan(survey.plan, [id])
  const [image] = images
  if (image !== undefined && images.length === 1) return targetOf(image)
  throw severalMatch(
    id,
    images.map(({ entry: { id: each } }) => ({ id: each })),
  )
}

/** The target of one image. Of a matrix, only its combination is edited. */
export function targetOf(image: PlannedImage): EditTarget {
  const { id, manifest, path, combination } = image.entry
  return { id, manifest, place: { path, combination }, images: [image] }
}

/** The target of an image's whole entry: of a matrix, all of its images. */
export function entryOf(image: PlannedImage, survey: Survey): EditTarget {
  const { id, manifest, path } = image.entry
  const others = imagesSharing(image, survey).filter((other) => other !== image)
  return { id, manifest, place: { path, combination: undefined }, images: [image, ...others] }
}

/** The images of an image's entry: itself, or all images of a matrix. */
export function imagesSharing({ entry }: PlannedImage, { plan }: Survey): PlannedImage[] {
  const name = entry.path.at(-1)
  return plan.images.filter(
    (other) => other.entry.manifest === entry.manifest && other.entry.path.at(-1) === name,
  )
}

function entriesWritten(id: string, { manifests, plan }: Survey): EditTarget[] {
  return manifests.flatMap((manifest) =>
    manifest.content.images.flatMap(({ name }): EditTarget[] => {
      const written = `${manifest.path}#${name}`
      if (id !== written && id !== name) return []
      const path = pathOfImage(manifest, name)
      const [image, ...others] = plan.images.filter(
        ({ entry }) => entry.manifest === manifest && entry.path.at(-1) === name,
      )
      if (image === undefined) return []
      const place = { path, combination: undefined }
      return [{ id: written, manifest, place, images: [image, ...others] }]
    }),
  )
}

function severalMatch(id: string, found: ReadonlyArray<{ readonly id: string }>): ImagegenError {
  return new ImagegenError('usage', {
    message: `\`${id}\` matches ${found.length} images: ${found.map((each) => each.id).join(', ')}.`,
    hint: 'Use the id of one of them.',
  })
}
