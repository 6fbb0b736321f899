import type { Manifest } from '../../manifest/manifest.ts'
import { sha256 } from '../../shared/hash.ts'
import type { EditTarget } from './edit-target.ts'
import type { ManifestEdit } from './manifest-edit.ts'
import { propose, type ProposeAround } from './propose.ts'
import type { Survey } from '../survey.ts'
import { changedMeanwhile } from './write-edit.ts'

/** Fields to change; `null` removes one. */
export interface EditedFields {
  readonly prompt?: string | null
  readonly alt?: string | null
  readonly seed?: number | null
  readonly aspectRatio?: string | null
  readonly size?: string | null
  readonly n?: number | null
}

/** What an edit was based on. */
export interface EditBasis {
  /** `manifestDigest` of the manifest as it was seen. */
  readonly expectedDigest?: string
}

/** Identifies a manifest's text, so that an edit of an older text is refused. */
export function manifestDigest({ text }: Pick<Manifest, 'text'>): string {
  return sha256(Buffer.from(text))
}

/**
 * Plans new values for fields of an image. `aspectRatio` and `size` take each other's place.
 *
 * @throws ImagegenError with code `conflict` if the manifest is not as it was seen; otherwise as `propose`.
 */
export async function proposeFields(
  target: EditTarget,
  fields: EditedFields,
  { expectedDigest }: EditBasis,
  survey: Survey,
  around: ProposeAround,
): Promise<ManifestEdit> {
  const { manifest } = target
  if (expectedDigest !== undefined && expectedDigest !== manifestDigest(manifest)) {
    throw changedMeanwhile(manifest.path)
  }
  const { aspectRatio, size } = fields
  const changes = {
    ...(typeof aspectRatio === 'string' ? { size: null } : {}),
    ...(typeof size === 'string' ? { aspectRatio: null } : {}),
    ...fields,
  }
  return propose(target, { changes }, survey, around)
}
