import type { Place, Problem } from '../../shared/errors.ts'
import { exportNameOf, isImageName } from '../schema/names.ts'
import {
  MAX_PROBLEMS,
  pathOfImage,
  placeOf,
  type DocumentPath,
  type Manifest,
} from '../manifest.ts'
import type { AppliedOverride } from '../entry.ts'
import type {
  CombinationSettings,
  ImageSettings,
  MatrixSettings,
  OverrideSettings,
} from '../schema/schema.ts'
import { chainTo } from '../read/extend.ts'
import { writtenAt } from '../written.ts'
import {
  countCombinations,
  keptCombinations,
  unionOf,
  unmatchedRule,
  type KeptCombination,
} from './matrix.ts'
import { mergeSettings } from './merge-settings.ts'
import { substitute, VariableError, type Variables } from './variables.ts'

/** An image with its defaults, one per combination of its matrix, before references and files are resolved. */
export interface ImageDraft {
  readonly id: string
  readonly manifest: Manifest
  readonly path: DocumentPath
  /** For a single-image manifest, the file's name without `.image.yaml`. */
  readonly name: string
  readonly exportName: string | undefined
  /** The settings with all defaults and overrides. */
  readonly settings: ImageSettings
  /** The settings of this image's entry alone. */
  readonly own: ImageSettings
  /** The overrides of the matrix that apply to this image, in their order. */
  readonly overrides: readonly AppliedOverride[]
  /** The values of the matrix; undefined for an image without one. */
  readonly combination: Variables | undefined
  readonly variables: Variables
}

/** The images of one manifest, before references to other files are resolved. */
export interface Expansion {
  readonly manifest: Manifest
  readonly drafts: readonly ImageDraft[]
  readonly problems: readonly Problem[]
  readonly ids: () => ReadonlySet<string>
  /** Every matrix of the manifest. */
  readonly matrices: readonly MatrixSettings[]
  /** The rules of `exclude` and `overrides` that matched a combination, also those of styles. */
  readonly matched: ReadonlySet<CombinationSettings>
}

type Report = (problem: () => Problem) => void

/** The most combinations in a manifest; more is almost certainly a mistake. */
const MAX_COMBINATIONS = 10_000

/** Expands a manifest into its images. Invalid and duplicate names are reported as problems. */
export function expandImages(
  manifest: Manifest,
  project: { readonly defaults: ImageSettings; readonly vars: Variables },
): Expansion {
  const problems: Problem[] = []
  const matched = new Set<CombinationSettings>()
  const matrices: MatrixSettings[] = []
  const report: Report = (problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem())
  }
  const drafts = draftsOf(manifest, project, { matched, matrices }, report)
  let ids: ReadonlySet<string> | undefined
  return {
    manifest,
    drafts,
    problems,
    ids: () => (ids ??= new Set(drafts.map(({ id }) => id))),
    matrices,
    matched,
  }
}

function draftsOf(
  manifest: Manifest,
  project: { readonly defaults: ImageSettings; readonly vars: Variables },
  {
    matched,
    matrices,
  }: { readonly matched: Set<CombinationSettings>; readonly matrices: MatrixSettings[] },
  report: Report,
): ImageDraft[] {
  const layers = [...manifest.styles, manifest].map(({ content }) => content)
  const around = mergeSettings([project.defaults, ...layers.map(({ defaults }) => defaults)])
  const vars = layers.every((layer) => layer.vars.length === 0)
    ? project.vars
    : new Map([...project.vars, ...layers.flatMap((layer) => layer.vars)])
  let combined = 0
  const drafts = manifest.content.images.flatMap(({ name: writtenName, settings: own }) => {
    const path = pathOfImage(manifest, writtenName)
    const settings = mergeSettings([around, own])
    if (manifest.content.form === 'single') {
      return [singleDraft(manifest, withoutMatrix(settings), own, vars)]
    }
    const draft = (
      combination: Variables | undefined,
      overrides: readonly AppliedOverride[],
    ): ImageDraft[] => {
      const name = nameOf(writtenName, combination ?? NO_VARIABLES, (message, hint) =>
        report(() => ({ message, place: placeOf(manifest, path, 'key'), hint })),
      )
      if (name === undefined) return []
      const common = { manifest, path, name, own, overrides, combination }
      return [
        {
          ...common,
          id: `${manifest.path}#${name}`,
          exportName: exportNameOf(name),
          settings:
            overrides.length === 0
              ? settings
              : mergeSettings([settings, ...overrides.map(({ fields }) => fields)]),
          variables: combination === undefined ? vars : new Map([...vars, ...combination]),
        },
      ]
    }
    const { matrix } = settings
    // An image without a matrix does not count towards the limit.
    if (matrix === undefined) {
      reportRulesWithoutMatrix(manifest, path, own, report)
      return draft(undefined, [])
    }
    const count = countCombinations(matrix)
    combined += count
    if (combined > MAX_COMBINATIONS) {
      const total = combined
      report(() => ({
        message:
          count > MAX_COMBINATIONS
            ? `The matrix has ${count} combinations; the limit is ${MAX_COMBINATIONS}.`
            : `With this matrix the manifest has ${total} combinations; the limit is ${MAX_COMBINATIONS}.`,
        ...writtenAt({ manifest, path, own, overrides: [] }, ['matrix'], 'key'),
        hint: 'Remove values from the matrix, or split the image.',
      }))
      return []
    }
    const unnamed = Object.keys(matrix).filter((name) => !writtenName.includes(`\${${name}}`))
    if (unnamed.length > 0) {
      report(() => nameless(writtenName, unnamed, placeOf(manifest, path, 'key')))
      return []
    }
    matrices.push(matrix)
    const kept = keptCombinations(matrix, settings, originOfOverride(manifest, path, own), matched)
    if (kept.length === 0) reportNothingKept({ manifest, path, own, overrides: [] }, report)
    reportUnmatched(manifest, path, own, matrix, matched, report)
    return kept.flatMap(({ variables, overrides }: KeptCombination) => draft(variables, overrides))
  })
  if (matrices.length > 0) {
    const { defaults } = manifest.content
    reportUnmatched(manifest, ['defaults'], defaults, unionOf(matrices), matched, report)
  }
  return withoutClashes(manifest, drafts, report)
}

const NO_VARIABLES: Variables = new Map()

function withoutMatrix(settings: ImageSettings): ImageSettings {
  return { ...settings, matrix: undefined, exclude: undefined, overrides: undefined }
}

/** Finds an override in the image, in the manifest's defaults, or in those of a manifest that it extends. */
function originOfOverride(
  manifest: Manifest,
  path: DocumentPath,
  own: ImageSettings,
): (override: OverrideSettings) => Pick<AppliedOverride, 'home' | 'path'> {
  return (override) => {
    const index = own.overrides?.indexOf(override) ?? -1
    if (index >= 0) return { home: manifest, path: [...path, 'overrides', index] }
    for (const home of [manifest, ...manifest.styles]) {
      const inDefaults = home.content.defaults.overrides?.indexOf(override) ?? -1
      if (inDefaults >= 0) return { home, path: ['defaults', 'overrides', inDefaults] }
    }
    return { home: manifest, path: undefined }
  }
}

/** The rules of one level with the paths of their maps. */
function rulesOf(
  { exclude = [], overrides = [] }: ImageSettings,
  path: DocumentPath,
): ReadonlyArray<{ readonly rule: CombinationSettings; readonly path: DocumentPath }> {
  return [
    ...exclude.map((rule, index) => ({ rule, path: [...path, 'exclude', index] })),
    ...overrides.map(({ when }, index) => ({
      rule: when,
      path: [...path, 'overrides', index, 'when'],
    })),
  ]
}

function reportUnmatched(
  manifest: Manifest,
  path: DocumentPath,
  settings: ImageSettings,
  matrix: MatrixSettings,
  matched: ReadonlySet<CombinationSettings>,
  report: Report,
): void {
  for (const { rule, path: place } of rulesOf(settings, path)) {
    if (matched.has(rule)) continue
    report(() =>
      unmatchedRule(rule, matrix, place, (inner, part) => placeOf(manifest, inner, part)),
    )
  }
}

function reportNothingKept(image: Parameters<typeof writtenAt>[0], report: Report): void {
  report(() => ({
    message: '`exclude` leaves out every combination of the matrix.',
    ...writtenAt(image, ['exclude'], 'key'),
    hint: 'Remove the image, or take something out of `exclude`.',
  }))
}

function reportRulesWithoutMatrix(
  manifest: Manifest,
  path: DocumentPath,
  { exclude, overrides }: ImageSettings,
  report: Report,
): void {
  const written = { exclude, overrides }
  for (const field of ['exclude', 'overrides'] as const) {
    if (written[field] === undefined) continue
    report(() => ({
      message: `\`${field}\` is for images with a \`matrix\`.`,
      place: placeOf(manifest, [...path, field], 'key'),
      hint: 'Add a `matrix`, or write the fields into the image itself.',
    }))
  }
}

function singleDraft(
  manifest: Manifest,
  settings: ImageSettings,
  own: ImageSettings,
  variables: Variables,
): ImageDraft {
  const fileName = manifest.path.slice(manifest.path.lastIndexOf('/') + 1)
  return {
    id: manifest.path,
    manifest,
    path: [],
    name: fileName.replace(/\.image\.ya?ml$/i, ''),
    exportName: undefined,
    settings,
    own,
    overrides: [],
    combination: undefined,
    variables,
  }
}

/** Reports matrix variables that the name lacks: several combinations would share one name. */
function nameless(written: string, unnamed: readonly string[], place: Place): Problem {
  const variables = unnamed.map((variable) => `\${${variable}}`)
  return {
    message: `The name \`${written}\` does not contain ${variables.map((variable) => `\`${variable}\``).join(', ')} of its matrix.`,
    place,
    hint: `Every combination needs a name of its own. Write \`${[written, ...variables].join('-')}\`.`,
  }
}

function nameOf(
  written: string,
  combination: Variables,
  fail: (message: string, hint: string) => void,
): string | undefined {
  try {
    const name = substitute(written, combination).normalize('NFC')
    return isImageName(name)
      ? name
      : refuse(
          `\`${name}\` cannot name an image.`,
          'Matrix values in a name may contain only letters, digits, `-`, `_` and `.`.',
        )
  } catch (error) {
    if (!(error instanceof VariableError)) throw error
    return refuse(error.message, 'A name can contain only the variables of `matrix`.')
  }

  function refuse(message: string, hint: string): undefined {
    fail(message, hint)
    return undefined
  }
}

/**
 * Rules of styles that match no image of any manifest that extends them, with the path of the first such manifest. A
 * style whose manifests have no matrix has nothing to match yet.
 */
export function unmatchedInStyles(
  expansions: Iterable<Expansion>,
): ReadonlyArray<readonly [path: string, problem: Problem]> {
  const byStyle = new Map<Manifest, Expansion[]>()
  for (const expansion of expansions) {
    for (const style of expansion.manifest.styles) {
      const { exclude, overrides } = style.content.defaults
      if (exclude === undefined && overrides === undefined) continue
      const extending = byStyle.get(style) ?? []
      extending.push(expansion)
      byStyle.set(style, extending)
    }
  }
  return [...byStyle].flatMap(([style, extending]) => {
    const [first] = extending
    const matrix = unionOf(extending.flatMap(({ matrices }) => matrices))
    if (first === undefined || Object.keys(matrix).length === 0) return []
    const unmatched = rulesOf(style.content.defaults, ['defaults']).filter(
      ({ rule }) => !extending.some(({ matched }) => matched.has(rule)),
    )
    return unmatched.slice(0, MAX_PROBLEMS).map(({ rule, path }) => {
      const problem = unmatchedRule(rule, matrix, path, (inner, part) =>
        placeOf(style, inner, part),
      )
      const through = [chainTo(first.manifest, style)]
      return [first.manifest.path, { ...problem, through }] as const
    })
  })
}

function withoutClashes(
  manifest: Manifest,
  drafts: readonly ImageDraft[],
  report: Report,
): ImageDraft[] {
  const names = new Map<string, ImageDraft>()
  const exports = new Map<string, ImageDraft>()
  return drafts.filter((draft) => {
    const sameName = names.get(draft.name)
    const sameExport = draft.exportName === undefined ? undefined : exports.get(draft.exportName)
    const earlier = sameName ?? sameExport
    if (earlier === undefined) {
      names.set(draft.name, draft)
      if (draft.exportName !== undefined) exports.set(draft.exportName, draft)
      return true
    }
    report(() => {
      const { line } = placeOf(manifest, earlier.path, 'key')
      return {
        message:
          sameName === undefined
            ? `\`${draft.name}\` and \`${earlier.name}\` (line ${line}) would both be exported as \`${draft.exportName}\`.`
            : `Two images have the name \`${draft.name}\` (the other in line ${line}).`,
        place: placeOf(manifest, draft.path, 'key'),
        hint: 'Rename one of them.',
      }
    })
    return false
  })
}
