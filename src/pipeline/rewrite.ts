import { chmodSync, readFileSync, statSync } from 'node:fs'
import { manifestError } from '../generate/agreement.ts'
import { editImage, type ImageEdit } from '../manifest/edit/edit.ts'
import { createLocate, type Manifest } from '../manifest/manifest.ts'
import { parseManifest } from '../manifest/read/parse.ts'
import { resolveManifests } from '../manifest/resolve/resolve.ts'
import type { ImageSettings } from '../manifest/schema/schema.ts'
import type { ResolvedOptions } from '../options.ts'
import { createPlanner, type PlannedImage } from '../plan/plan.ts'
import { ImagegenError } from '../shared/errors.ts'
import { writeFileAtomic } from '../shared/files.ts'
import type { StoreSnapshot } from '../store/read/snapshot.ts'
import { seen, surveyOf, type Survey } from './survey.ts'

/** The result of editing one image of a manifest. */
export interface Rewritten {
  /** The manifest's path from the root. */
  readonly manifest: string
  /** The images that share the edited fields: one, or all of a matrix. */
  readonly ids: readonly string[]
  readonly edit: ImageEdit
  /** The project after the edit. */
  readonly survey: Survey
}

/** What `rewrite` plans with besides the manifests, and what it does before it writes. */
export interface RewriteHow {
  /** The store as it will be. */
  readonly snapshot: StoreSnapshot
  /** Runs once the edit is known to be sound, right before the manifest is written. */
  readonly beforeWriting: () => Promise<void>
}

/** The images that share their fields with an image: one, or all of a matrix. */
export function imagesSharing({ entry }: PlannedImage, { plan }: Survey): PlannedImage[] {
  const place = JSON.stringify(entry.path)
  return plan.images.filter(
    (other) =>
      other.entry.manifest.path === entry.manifest.path &&
      JSON.stringify(other.entry.path) === place,
  )
}

/**
 * Edits one image of a manifest in place. The whole project is resolved and planned with the new text first. If there is
 * any problem, nothing is written.
 *
 * @throws ImagegenError with code `manifest`.
 */
export async function rewrite(
  image: PlannedImage,
  edit: ImageEdit,
  survey: Survey,
  options: ResolvedOptions,
  defaults: ImageSettings,
  { snapshot, beforeWriting }: RewriteHow = {
    snapshot: survey.snapshot,
    beforeWriting: () => Promise.resolve(),
  },
): Promise<Rewritten> {
  const { manifest, path } = image.entry
  const mark = byteOrderMark(manifest)
  const text = editImage(manifest, path, edit)
  const edited: Manifest = {
    ...manifest,
    text,
    content: parseManifest(text, manifest.path),
    locate: createLocate(manifest.path, text),
  }
  const manifests = survey.manifests.map((other) => (other === manifest ? edited : other))
  const resolution = resolveManifests(manifests, new Set(), { ...options, defaults })
  const planner = createPlanner(options.models)
  const after = surveyOf(
    { manifests, styles: survey.styles, broken: new Map(), awaited: new Map(), resolution },
    planner,
    seen(snapshot, false),
  )
  const problem = manifestError(after.problems)
  if (problem !== undefined) throw problem
  await beforeWriting()
  const { mode } = statSync(manifest.file)
  await writeFileAtomic(manifest.file, `${mark}${text}`)
  chmodSync(manifest.file, mode)
  const ids = imagesSharing(image, survey).map(({ entry }) => entry.id)
  return { manifest: manifest.path, ids, edit, survey: after }
}

/** Returns the file's byte order mark or '', and throws if the file has changed since it was read. */
function byteOrderMark(manifest: Manifest): string {
  const now = readFileSync(manifest.file, 'utf8')
  const mark = now.startsWith('\uFEFF') ? '\uFEFF' : ''
  if (now === `${mark}${manifest.text}`) return mark
  throw new ImagegenError('manifest', {
    message: `${manifest.path} was changed in the meantime. Nothing was written.`,
    hint: 'Run the command again.',
  })
}
