import type { Problem } from '../shared/errors.ts'
import { messageOf } from '../shared/errors.ts'
import { nearest } from '../shared/suggest.ts'
import { findCycles } from './cycles.ts'
import type { GeneratedSubject, ImageEntry, Reference, Subject } from './entry.ts'
import { expandImages, type ImageDraft, type Report } from './expand.ts'
import { createLocalFiles, type LocalFile, type LocalFiles } from './local-files.ts'
import { MAX_PROBLEMS, placeOf, type DocumentPath, type Manifest } from './manifest.ts'
import { resolveOutput, type Output } from './output.ts'
import { normaliseProcess, processProblems, withCompositeFiles } from './process.ts'
import { parseReference, type WrittenReference } from './references.ts'
import type { ImageSettings } from './schema.ts'
import { normaliseText } from './settings.ts'
import { substitute, VariableError } from './variables.ts'

/** What holds for all manifests of a project. */
export interface ProjectSettings {
  /** Absolute. */
  readonly root: string
  readonly defaults: ImageSettings
  readonly vars: ReadonlyMap<string, string>
  /** Folders, absolute, in which files named by manifests may lie. */
  readonly allow: readonly string[]
}

/** All images of a project, and what is wrong with the manifests they come from. */
export interface Resolution {
  readonly entries: readonly ImageEntry[]
  /** By the manifest's path from the root. An image with a problem is not among the entries. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  /** Images without a text alternative. */
  readonly withoutAlt: readonly ImageEntry[]
}

/**
 * Makes entries of manifests: variables, defaults, matrix, references and files resolved.
 *
 * @param unreadable paths of manifests that are there but have errors: who refers to them is not to blame.
 */
export function resolveManifests(
  manifests: readonly Manifest[],
  unreadable: ReadonlySet<string>,
  project: ProjectSettings,
): Resolution {
  const problems = new Map<string, Problem[]>()
  const report: Report = (manifest, problem) => {
    const known = problems.get(manifest.path) ?? []
    if (known.length < MAX_PROBLEMS) problems.set(manifest.path, [...known, problem()])
  }
  const drafts = manifests.flatMap((manifest) => expandImages(manifest, project, report))
  const known: KnownImages = {
    ids: new Map(drafts.map((draft) => [draft.id, draft])),
    manifests: new Map(manifests.map((manifest) => [manifest.path, manifest])),
    unreadable,
    root: project.root,
  }
  const files = createLocalFiles(project.allow)
  const outputOf = createOutputOf(project)
  const entries: ImageEntry[] = []
  for (const draft of drafts) {
    const entry = resolveDraft(draft, known, files, outputOf, (problem) =>
      report(draft.manifest, problem),
    )
    if (entry !== undefined) entries.push(entry)
  }

  const inCycle = new Set<string>()
  for (const cycle of findCycles(entries)) {
    for (const id of cycle) inCycle.add(id)
    const first = known.ids.get(cycle[0] ?? '')
    if (first === undefined) continue
    report(first.manifest, () => ({
      message: `References in a circle: ${[...cycle, cycle[0]].join(' → ')}.`,
      place: placeOf(first.manifest, [...first.path, 'references'], 'key'),
      hint: 'One of these pictures must be made without the others: remove one reference.',
    }))
  }
  const sound = entries.filter((entry) => !inCycle.has(entry.id))
  return {
    entries: sound,
    problems,
    withoutAlt: sound.filter((entry) => entry.alt === undefined),
  }
}

/** The `output` of an image. Those that say nothing themselves share their manifest's. */
function createOutputOf(project: ProjectSettings): (draft: ImageDraft) => Output {
  const shared = new Map<Manifest, Output>()
  return ({ manifest, own }) => {
    const around = [project.defaults.output, manifest.content.defaults.output]
    if (own.output !== undefined) return resolveOutput([...around, own.output])
    const output = shared.get(manifest) ?? resolveOutput(around)
    shared.set(manifest, output)
    return output
  }
}

interface KnownImages {
  readonly ids: ReadonlyMap<string, ImageDraft>
  readonly manifests: ReadonlyMap<string, Manifest>
  readonly unreadable: ReadonlySet<string>
  readonly root: string
}

function resolveDraft(
  draft: ImageDraft,
  known: KnownImages,
  files: LocalFiles,
  outputOf: (draft: ImageDraft) => Output,
  report: (problem: () => Problem) => void,
): ImageEntry | undefined {
  const { manifest, settings } = draft
  let sound = true
  const fail = (field: DocumentPath, message: string, hint?: string): undefined => {
    sound = false
    report(() => {
      const place = placeOf(manifest, [...draft.path, ...field], 'value')
      return hint === undefined ? { message, place } : { message, place, hint }
    })
  }
  const fill = (field: DocumentPath, text: string): string => {
    try {
      return substitute(text, draft.variables)
    } catch (error) {
      if (!(error instanceof VariableError)) throw error
      const suggestion =
        error.unknown === undefined ? undefined : nearest(error.unknown, draft.variables.keys())
      fail(
        field,
        error.message,
        error.unknown === undefined
          ? undefined
          : suggestion === undefined
            ? 'Add it to `vars`, or write `$${` for a literal `${`.'
            : `Did you mean \`${suggestion}\`?`,
      )
      return ''
    }
  }
  const findFile = (field: DocumentPath, written: string): LocalFile | undefined => {
    const found = files.find(manifest.file, written)
    return 'problem' in found ? fail(field, `\`${written}\`: ${found.problem}`, found.hint) : found
  }

  const alt = settings.alt === undefined ? undefined : fill(['alt'], settings.alt)
  const references = (settings.references ?? []).flatMap((written, index): Reference[] => {
    const field = ['references', index]
    const from = typeof written === 'string' ? written : written.from
    const type = typeof written === 'string' ? undefined : written.type
    const text = fill(field, from)
    const found =
      text === '' ? undefined : resolveReference(text, field, draft, known, findFile, fail)
    return found === undefined ? [] : [{ ...found, type, index }]
  })
  const normalised = normaliseProcess(settings.process)
  for (const { operation, message } of processProblems(normalised)) {
    fail(['process', operation], message)
  }
  const operations = withCompositeFiles(normalised, (path) => {
    const text = fill(['process'], path)
    return findFile(['process'], text) ?? { file: '', sha256: '' }
  })
  const subject = resolveSubject(settings, references, fill, findFile, fail)
  if (!sound || subject === undefined) return undefined
  return {
    id: draft.id,
    manifest,
    path: draft.path,
    name: draft.name,
    exportName: draft.exportName,
    alt,
    subject,
    operations,
    output: outputOf(draft),
    pick: settings.pick ?? 1,
  }
}

type Fail = (field: DocumentPath, message: string, hint?: string) => undefined
type Fill = (field: DocumentPath, text: string) => string
type FindFile = (field: DocumentPath, written: string) => LocalFile | undefined

function resolveSubject(
  settings: ImageSettings,
  references: readonly Reference[],
  fill: Fill,
  findFile: FindFile,
  fail: Fail,
): Subject | undefined {
  if (settings.source !== undefined) {
    const written = fill(['source'], settings.source)
    const found = written === '' ? undefined : findFile(['source'], written)
    return found === undefined ? undefined : { kind: 'source', ...found }
  }
  if (settings.prompt === undefined) {
    return fail(
      [],
      'The image has neither `prompt` nor `source`.',
      'Say what it shows: add `prompt:`.',
    )
  }
  const filled = fill(['prompt'], settings.prompt)
  const prompt = normaliseText(filled)
  if (prompt === '' && filled !== '') {
    return fail(['prompt'], 'The prompt is empty.', 'Say what the picture shows.')
  }
  const candidates = Math.max(settings.n ?? 1, settings.pick ?? 1)
  const highest = Number.MAX_SAFE_INTEGER - (candidates - 1)
  if (settings.seed !== undefined && settings.seed > highest) {
    return fail(
      ['seed'],
      `The seed ${settings.seed} leaves no room for ${candidates} candidates, which count up from it.`,
      `Use at most ${highest}.`,
    )
  }
  return {
    kind: 'generated',
    model: settings.model ?? 'image-01',
    prompt,
    aspectRatio: settings.aspectRatio as GeneratedSubject['aspectRatio'],
    size: settings.size as GeneratedSubject['size'],
    seed: settings.seed,
    candidates,
    references,
    providerOptions: settings.providerOptions ?? {},
    revision: settings.revision,
  }
}

/** A reference without what is written around it. */
type FoundReference =
  | { readonly kind: 'file'; readonly file: string; readonly sha256: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'entry'; readonly id: string }

function resolveReference(
  text: string,
  field: DocumentPath,
  draft: ImageDraft,
  known: KnownImages,
  findFile: FindFile,
  fail: Fail,
): FoundReference | undefined {
  let written: WrittenReference
  try {
    written = parseReference(text, draft.manifest, known.root)
  } catch (error) {
    return fail(field, messageOf(error))
  }
  switch (written.kind) {
    case 'url':
      return written
    case 'file': {
      const found = findFile(field, written.path)
      return found === undefined ? undefined : { kind: 'file', ...found }
    }
    case 'entry':
      return entryReference(text, written, field, known, fail)
    default:
      return written satisfies never
  }
}

function entryReference(
  text: string,
  written: Extract<WrittenReference, { kind: 'entry' }>,
  field: DocumentPath,
  known: KnownImages,
  fail: Fail,
): FoundReference | undefined {
  const id = written.name === undefined ? written.manifest : `${written.manifest}#${written.name}`
  if (known.ids.has(id) || known.unreadable.has(written.manifest)) return { kind: 'entry', id }
  const manifest = known.manifests.get(written.manifest)
  if (manifest === undefined) {
    return fail(
      field,
      `\`${text}\`: there is no manifest ${written.manifest}.`,
      'Check the path; a manifest outside of the option `include` is not found either.',
    )
  }
  const names = [...known.ids.values()].flatMap((other) =>
    other.manifest === manifest && other.name !== '' ? [other.name] : [],
  )
  if (manifest.content.form === 'single') {
    return fail(
      field,
      `\`${text}\`: ${manifest.path} holds one image, without a name.`,
      'Leave out the part from # on.',
    )
  }
  if (written.name === undefined) {
    return fail(
      field,
      `\`${text}\`: ${manifest.path} holds several images.`,
      `Name one of them, such as \`#${names[0] ?? 'name'}\`.`,
    )
  }
  const suggestion = nearest(written.name, names)
  return fail(
    field,
    `\`${text}\`: ${manifest.path} has no image \`${written.name}\`.`,
    suggestion === undefined
      ? `It has: ${names.slice(0, 12).join(', ')}.`
      : `Did you mean \`${suggestion}\`?`,
  )
}
