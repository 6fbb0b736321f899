import type { Problem } from '../../shared/errors.ts'
import { nearest } from '../../shared/suggest.ts'
import type { CandidatePick, GeneratedSubject, ImageEntry, Reference, Subject } from '../entry.ts'
import type { DocumentPath } from '../manifest.ts'
import type { MediaSettings, Output } from '../schema/output.ts'
import {
  type Operation,
  type ProcessSettings,
  normaliseProcess,
  processProblems,
  withCompositeFiles,
} from '../schema/process.ts'
import type { ImageSettings, ReferenceSettings } from '../schema/schema.ts'
import { homeOf, writtenAt } from '../written.ts'
import type { ImageDraft } from './expand.ts'
import type { LocalFile, LocalFiles } from './local-files.ts'
import { resolveMedia } from './media.ts'
import { normaliseText } from './merge-settings.ts'
import { type Fail, type FindFile, type KnownImages, findReference } from './references.ts'
import { VariableError, substitute } from './variables.ts'

/** What resolving an image needs beyond its manifest. */
export interface Around {
  readonly known: KnownImages
  readonly findFile: LocalFiles['find']
  readonly outputOf: (draft: ImageDraft) => Output
  /** `output.media` of the innermost level that has it. */
  readonly mediaOf: (draft: ImageDraft) => readonly MediaSettings[]
}

/**
 * Resolves a draft into an entry: its text, references and files.
 *
 * @param report receives a problem as a function, which is called only if the problem is shown.
 * @returns undefined if there was a problem.
 */
export function resolveImage(
  draft: ImageDraft,
  { known, findFile: find, outputOf, mediaOf }: Around,
  report: (problem: () => Problem) => void,
): ImageEntry | undefined {
  const { manifest, settings } = draft
  let sound = true
  const fail = (field: DocumentPath, message: string, hint?: string): undefined => {
    sound = false
    report(() => {
      const written = writtenAt(draft, field, 'value')
      return hint === undefined ? { message, ...written } : { message, ...written, hint }
    })
  }
  const fill = (field: DocumentPath, text: string): string => {
    if (!text.includes('${')) return text
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
    const found = find(homeOf(draft, field).file, written)
    return 'problem' in found ? fail(field, `\`${written}\`: ${found.problem}`, found.hint) : found
  }

  const alt = settings.alt === undefined ? undefined : fill(['alt'], settings.alt)
  const referenceOf = (written: ReferenceSettings, index: number): Reference[] => {
    const field = ['references', index]
    const from = typeof written === 'string' ? written : written.from
    const type = typeof written === 'string' ? undefined : written.type
    const text = fill(field, from)
    const found = text === '' ? undefined : findReference(text, field, draft, known, findFile, fail)
    return found === undefined ? [] : [{ ...found, type, index }]
  }
  const references = settings.references?.flatMap(referenceOf) ?? NOTHING
  const operationsOf = (process: ProcessSettings): readonly Operation[] => {
    const normalised = normaliseProcess(process)
    for (const { operation, message } of processProblems(normalised)) {
      fail(['process', operation], message)
    }
    return withCompositeFiles(normalised, (path) => {
      const text = fill(['process'], path)
      const { file, sha256 } = findFile(['process'], text) ?? { file: '', sha256: '' }
      return { file, sha256 }
    })
  }
  const operations = settings.process === undefined ? NOTHING : operationsOf(settings.process)
  const written = mediaOf(draft)
  const media = written.length === 0 ? NOTHING : resolveMedia(written, draft, { known, fill, fail })
  const subject = resolveSubject(settings, references, fill, findFile, fail)
  if (!sound || subject === undefined) return undefined
  return {
    id: draft.id,
    manifest,
    path: draft.path,
    own: draft.own,
    name: draft.name,
    exportName: draft.exportName,
    alt,
    subject,
    operations,
    output: outputOf(draft),
    media,
    pick: pickOf(settings),
    combination: draft.combination,
    overrides: draft.overrides,
  }
}

function pickOf({ pick = 1 }: ImageSettings): CandidatePick {
  return typeof pick === 'string' ? pick.toLowerCase() : pick
}

/** Shared by all images without references or operations, to save memory in large projects. */
const NOTHING: readonly never[] = []

type Fill = (field: DocumentPath, text: string) => string

/** Shared by all images without provider options, so that the plan can cache by identity. */
const NO_OPTIONS: Readonly<Record<string, never>> = {}

/** The fields that decide the generated pixels. A new field counts as one of them unless it is excluded here. */
type PixelField = Exclude<
  keyof ImageSettings,
  'alt' | 'n' | 'pick' | 'source' | 'process' | 'output' | 'matrix' | 'exclude' | 'overrides'
>

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
      'Add `prompt:` with what the image shows.',
    )
  }
  const filled = fill(['prompt'], settings.prompt)
  const prompt = normaliseText(filled)
  if (prompt === '' && filled !== '') {
    return fail(['prompt'], 'The prompt is empty.', 'Write what the image shows.')
  }
  const { n = 1, pick = 1 } = settings
  const candidates = typeof pick === 'number' ? Math.max(n, pick) : n
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
    providerOptions: settings.providerOptions ?? NO_OPTIONS,
    revision: settings.revision,
  } satisfies GeneratedSubject & Readonly<Record<PixelField, unknown>>
}
