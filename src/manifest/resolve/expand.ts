import type { Place, Problem } from '../../shared/errors.ts'
import { exportNameOf, isImageName } from '../schema/names.ts'
import {
  MAX_PROBLEMS,
  pathOfImage,
  placeOf,
  type DocumentPath,
  type Manifest,
} from '../manifest.ts'
import type { ImageSettings } from '../schema/schema.ts'
import { mergeSettings } from './merge-settings.ts'
import {
  combinations,
  countCombinations,
  substitute,
  VariableError,
  type Variables,
} from './variables.ts'

/** An image with its defaults, one per combination of its matrix, before references and files are resolved. */
export interface ImageDraft {
  readonly id: string
  readonly manifest: Manifest
  readonly path: DocumentPath
  /** For a single-image manifest, the file's name without `.image.yaml`. */
  readonly name: string
  readonly exportName: string | undefined
  /** The settings with all defaults. */
  readonly settings: ImageSettings
  /** The settings of this image alone. */
  readonly own: ImageSettings
  readonly variables: Variables
}

/** The images of one manifest, before references to other files are resolved. */
export interface Expansion {
  readonly manifest: Manifest
  readonly drafts: readonly ImageDraft[]
  readonly problems: readonly Problem[]
  readonly ids: () => ReadonlySet<string>
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
  const drafts = draftsOf(manifest, project, (problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem())
  })
  let ids: ReadonlySet<string> | undefined
  return {
    manifest,
    drafts,
    problems,
    ids: () => (ids ??= new Set(drafts.map(({ id }) => id))),
  }
}

function draftsOf(
  manifest: Manifest,
  project: { readonly defaults: ImageSettings; readonly vars: Variables },
  report: Report,
): ImageDraft[] {
  const around = mergeSettings([project.defaults, manifest.content.defaults])
  const vars =
    manifest.content.vars.length === 0
      ? project.vars
      : new Map([...project.vars, ...manifest.content.vars])
  let combined = 0
  const drafts = manifest.content.images.flatMap(({ name: writtenName, settings: own }) => {
    const path = pathOfImage(manifest, writtenName)
    const settings = mergeSettings([around, own])
    if (manifest.content.form === 'single') {
      return [singleDraft(manifest, { ...settings, matrix: undefined }, own, vars)]
    }
    const draft = (combination: Variables): ImageDraft[] => {
      const name = nameOf(writtenName, combination, (message, hint) =>
        report(() => ({ message, place: placeOf(manifest, path, 'key'), hint })),
      )
      if (name === undefined) return []
      const id = `${manifest.path}#${name}`
      const variables = combination.size === 0 ? vars : new Map([...vars, ...combination])
      const exportName = exportNameOf(name)
      return [{ id, manifest, path, name, exportName, settings, own, variables }]
    }
    const { matrix } = settings
    // An image without a matrix does not count towards the limit.
    if (matrix === undefined) return draft(NO_VARIABLES)
    const count = countCombinations(matrix)
    combined += count
    if (combined > MAX_COMBINATIONS) {
      const total = combined
      report(() => ({
        message:
          count > MAX_COMBINATIONS
            ? `The matrix has ${count} combinations; the limit is ${MAX_COMBINATIONS}.`
            : `With this matrix the manifest has ${total} combinations; the limit is ${MAX_COMBINATIONS}.`,
        place: placeOf(manifest, [...path, 'matrix'], 'key'),
        hint: 'Remove values from the matrix, or split the image.',
      }))
      return []
    }
    const unnamed = Object.keys(matrix).filter((name) => !writtenName.includes(`\${${name}}`))
    if (unnamed.length > 0) {
      report(() => nameless(writtenName, unnamed, placeOf(manifest, path, 'key')))
      return []
    }
    return combinations(matrix).flatMap(draft)
  })
  return withoutClashes(manifest, drafts, report)
}

const NO_VARIABLES: Variables = new Map()

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
