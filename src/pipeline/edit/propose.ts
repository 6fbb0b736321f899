import { editEntry, type EntryEdit, type FieldChanges } from '../../manifest/edit/edit.ts'
import type { ImageEntry } from '../../manifest/entry.ts'
import { createLocate, type DocumentPath, type Manifest } from '../../manifest/manifest.ts'
import { parseManifest } from '../../manifest/read/parse.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { StoreSnapshot } from '../../store/read/snapshot.ts'
import type { EditTarget } from './edit-target.ts'
import { differenceOf, type FileEdit, type ManifestEdit } from './manifest-edit.ts'
import type { Survey } from '../survey.ts'
import type { Surveyor } from '../surveyor.ts'

/** What planning an edit needs. */
export interface ProposeAround {
  readonly suppose: Surveyor['suppose']
  /** The store as it will be; left out: as it is. */
  readonly snapshot?: StoreSnapshot
}

/**
 * Plans an edit without writing it. The project is resolved and planned with the new texts. An edit that changes a
 * recipe also removes `pick`, since the new recipe has other candidates.
 *
 * @throws ImagegenError with code `manifest` if the edit would cause a problem.
 */
export async function propose(
  target: EditTarget,
  edit: EntryEdit,
  before: Survey,
  around: ProposeAround,
): Promise<ManifestEdit> {
  const supposition = createSupposition(before, around)
  await supposition.edit(target.manifest, target.place, edit)
  if (!('pick' in edit.changes)) await removeStalePicks(target, supposition)
  await removeMisfits(before, supposition)
  const { survey, files } = supposition.now()
  const problems = newProblems(before, survey)
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  const ids = changedImages(before, survey, files)
  const missing = survey.plan.images
    .filter(
      ({ entry, state }) => state === 'missing' && before.images.get(entry.id)?.state !== state,
    )
    .map(({ entry }) => entry.id)
  return {
    id: target.id,
    manifest: target.manifest.path,
    written: describe(target, edit.changes),
    changes: edit.changes,
    files,
    ids,
    missing,
    difference: differenceOf(before.plan.summary, survey.plan.summary),
    survey,
  }
}

/** The project with some manifests edited, step by step. */
interface Supposition {
  readonly now: () => { readonly survey: Survey; readonly files: readonly FileEdit[] }
  /** @param manifest the one before all edits. */
  readonly edit: (manifest: Manifest, place: EditTarget['place'], edit: EntryEdit) => Promise<void>
  /** The manifest before all edits. */
  readonly original: (edited: Manifest) => Manifest
}

function createSupposition(before: Survey, { suppose, snapshot }: ProposeAround): Supposition {
  const changed = new Map<Manifest, Manifest>()
  let survey = before
  return {
    now: () => ({
      survey,
      files: [...changed].flatMap(([from, to]) =>
        from.text === to.text
          ? []
          : [{ manifest: from.path, file: from.file, before: from.text, after: to.text }],
      ),
    }),
    async edit(manifest, place, edit) {
      const earlier = changed.get(manifest) ?? manifest
      const text = editEntry(earlier, place, edit)
      if (text === earlier.text) return
      changed.set(manifest, {
        ...manifest,
        text,
        content: parseManifest(text, manifest.path),
        locate: createLocate(manifest.path, text),
      })
      survey = await suppose(before, changed, snapshot)
    },
    original: (edited) => [...changed].find(([, to]) => to === edited)?.[0] ?? edited,
  }
}

/** Removes `pick` from the images of the target whose recipe changed: it means a candidate of the old recipe. */
async function removeStalePicks(target: EditTarget, supposition: Supposition): Promise<void> {
  const { survey } = supposition.now()
  const stale = target.images.filter(({ entry, made }) => {
    return made !== undefined && survey.images.get(entry.id)?.made?.key !== made.key
  })
  const generated = stale.filter(
    ({ entry }) => survey.entries.get(entry.id)?.subject.kind !== 'source',
  )
  await removePicks(
    generated.map(({ entry }) => entry.id),
    supposition,
  )
}

/** Removes digests in `pick` that the edit left without a candidate, also of images that refer to the edited one. */
async function removeMisfits(before: Survey, supposition: Supposition): Promise<void> {
  const known = before.plan.misfits
  const seen = new Set<string>()
  for (;;) {
    const { survey } = supposition.now()
    const misfits = [...survey.plan.misfits.keys()].filter((id) => !known.has(id))
    if (misfits.every((id) => seen.has(id))) return
    for (const id of misfits) seen.add(id)
    await removePicks(misfits, supposition)
    for (const id of misfits) {
      if (supposition.now().survey.plan.misfits.has(id)) await pickFirst(id, supposition)
    }
  }
}

async function removePicks(ids: readonly string[], supposition: Supposition): Promise<void> {
  const affected = new Set(ids)
  for (const id of ids) {
    const { survey } = supposition.now()
    const entry = survey.entries.get(id)
    const path = entry === undefined ? undefined : pickPath(entry)
    if (entry === undefined || path === undefined) continue
    const sharers = [...survey.entries.values()].filter(
      (other) => other.manifest === entry.manifest && samePath(pickPath(other), path),
    )
    // What other images pick, too, stays.
    if (!sharers.every((other) => affected.has(other.id))) continue
    await supposition.edit(
      supposition.original(entry.manifest),
      { path, combination: undefined },
      { changes: { pick: null } },
    )
  }
}

/** Writes `pick: 1` into an image that inherits a digest of another recipe. */
async function pickFirst(id: string, supposition: Supposition): Promise<void> {
  const entry = supposition.now().survey.entries.get(id)
  if (entry === undefined) return
  const { path, combination, manifest } = entry
  const place = { path, combination }
  await supposition.edit(supposition.original(manifest), place, { changes: { pick: 1 } })
}

/** The path of the map in which an image's `pick` is written; undefined if it is a default, or in another file. */
function pickPath({ manifest, path, own, overrides }: ImageEntry): DocumentPath | undefined {
  const override = overrides.findLast(({ fields }) => fields.pick !== undefined)
  if (override !== undefined) {
    return override.home.path === manifest.path ? override.path : undefined
  }
  return own.pick === undefined ? undefined : path
}

function samePath(one: DocumentPath | undefined, other: DocumentPath): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The problems that an edit would add. */
function newProblems(before: Survey, after: Survey): ImagegenError['problems'] {
  const known = new Set(
    [...before.problems].flatMap(([file, some]) =>
      some.map(({ message }) => `${file}\n${message}`),
    ),
  )
  return [...after.problems].flatMap(([file, some]) =>
    some.filter(({ message }) => !known.has(`${file}\n${message}`)),
  )
}

/** The images of the edited manifests whose settings are others now. */
function changedImages(before: Survey, after: Survey, files: readonly FileEdit[]): string[] {
  const edited = new Set(files.map(({ manifest }) => manifest))
  return [...after.entries.values()]
    .filter(({ manifest }) => edited.has(manifest.path))
    .filter((entry) => settingsOf(before.entries.get(entry.id)) !== settingsOf(entry))
    .map(({ id }) => id)
}

function settingsOf(entry: ImageEntry | undefined): string | undefined {
  if (entry === undefined) return undefined
  const { subject, alt, operations, output, pick } = entry
  return JSON.stringify([subject, alt ?? null, operations, output, pick])
}

function describe({ place }: EditTarget, changes: FieldChanges): string {
  const lines = Object.entries(changes).flatMap(([field, value]) =>
    value === null ? [] : [`${field}: ${typeof value === 'number' ? value : textOf(field, value)}`],
  )
  if (lines.length === 0) return ''
  const { combination } = place
  const when =
    combination === undefined
      ? ''
      : ` for ${[...combination].map(([name, value]) => `${name}: ${value}`).join(', ')}`
  return `\`${lines.join(', ')}\`${when}`
}

function textOf(field: string, value: string): string {
  return field === 'pick' || field === 'prompt' || field === 'alt' ? JSON.stringify(value) : value
}
