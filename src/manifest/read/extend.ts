import path from 'node:path'
import type { Problem } from '../../shared/errors.ts'
import { visible } from '../../shared/plain-text.ts'
import { createFindAllowed, type LocalFileProblem } from '../allowed-file.ts'
import { MAX_PROBLEMS, placeOf, type DocumentPath, type Manifest } from '../manifest.ts'
import type { ImageFields } from '../schema/schema.ts'

/** The latest result of reading a file. */
export type Held = {
  /** Path from the root. */
  readonly path: string
  /** SHA-256 of the bytes; '' if they could not be read. */
  readonly hash: string
} & ({ readonly manifest: Manifest } | { readonly problems: readonly Problem[] })

/** Manifests with everything that they extend. */
export interface Connected {
  readonly manifests: readonly Manifest[]
  /** Extended files that `include` does not find, with what they extend themselves. */
  readonly styles: readonly Manifest[]
  /** The problems of manifests that cannot be read, or that extend such a file, by path from the root. */
  readonly broken: ReadonlyMap<string, readonly Problem[]>
  /** The files that broken manifests extend, by the manifest's path. They may be missing; absolute. */
  readonly awaited: ReadonlyMap<string, readonly string[]>
}

/**
 * Connects manifests with those that they extend. A manifest stays the same object while its own text and everything
 * that it extends stay the same, so that results derived from it can be reused.
 *
 * @param found the manifests of the project, by absolute path.
 * @param readOther reads an extended file that is not among them; called once for each file.
 */
export type Connect = (
  found: ReadonlyMap<string, Held>,
  readOther: (file: string) => Held,
) => Connected

/** The most files that one manifest may extend, directly and through others. */
const MAX_STYLES = 100

/** The longest way from a manifest to a style that is followed, so that a long one cannot exhaust the stack. */
const MAX_STEPS = 1000

/** The most manifests for which a problem of a style shows the line of `extends`: finding it parses the manifest again. */
const MAX_LOCATED = 100

/** A manifest with what it extends, or why that is not known. */
type Outcome = { readonly manifest: Manifest } | Broken

interface Broken {
  readonly problems: readonly Problem[]
  readonly awaited: readonly string[]
}

type Lists = Pick<Manifest, 'extended' | 'styles'>

/** @param allow the absolute folders in which extended files must lie. */
export function createConnect(allow: readonly string[]): Connect {
  const earlierLists = new Map<string, Lists>()
  const earlierManifests = new WeakMap<Manifest, Manifest>()

  /** The same arrays as before, and for all manifests that extend the same files. */
  function listsOf(files: readonly string[], extended: readonly Manifest[]): Lists {
    const key = JSON.stringify(files)
    const earlier = earlierLists.get(key)
    if (earlier?.extended.every((manifest, index) => manifest === extended[index]) === true) {
      return earlier
    }
    const all = extended.flatMap((manifest) => [...manifest.styles, manifest])
    // The last occurrence decides.
    const styles = [...new Set(all.toReversed())].toReversed()
    const lists = { extended, styles }
    earlierLists.set(key, lists)
    return lists
  }

  function withLists(base: Manifest, lists: Lists): Manifest {
    const earlier = earlierManifests.get(base)
    if (earlier?.extended === lists.extended) return earlier
    const { file, path: shown, content } = base
    const manifest: Manifest = {
      file,
      path: shown,
      content,
      ...lists,
      get text() {
        return base.text
      },
      locate: (place, part) => base.locate(place, part),
    }
    earlierManifests.set(base, manifest)
    return manifest
  }

  return (found, readOther) => {
    const findFile = createFindExtended(allow)
    const others = new Map<string, Held>()
    const outcomes = new Map<string, Outcome>()
    const located = new Map<string, number>()

    const heldAt = (file: string): Held => {
      const held = found.get(file) ?? others.get(file) ?? readOther(file)
      if (!found.has(file)) others.set(file, held)
      return held
    }

    /** @param trail the files that led here, and the held one itself; they are not finished yet. */
    function outcomeOf(held: Held, trail: Trail): Outcome {
      const { file } = trail[0]
      const known = outcomes.get(file)
      if (known !== undefined) return known
      const problems = 'manifest' in held ? imagesNamedIn(held.manifest) : held.problems
      const outcome =
        'manifest' in held && problems.length === 0
          ? connectOne(held.manifest, trail)
          : { problems, awaited: [] }
      outcomes.set(file, outcome)
      return outcome
    }

    function connectOne(base: Manifest, trail: Trail): Outcome {
      const written = base.content.extends
      if (written === undefined) return { manifest: base }
      const problems: Problem[] = []
      const awaited: string[] = []
      const files: string[] = []
      const extended: Manifest[] = []
      for (const [index, text] of written.entries()) {
        const fail = ({ problem, hint }: LocalFileProblem): void => {
          const place = placeOf(base, ['extends', index], 'value')
          problems.push({ message: `\`extends: ${visible(text)}\`: ${problem}`, place, hint })
        }
        const target = findFile(base.file, text)
        if (target.wanted !== undefined) awaited.push(target.wanted)
        if ('problem' in target) {
          fail(target)
          continue
        }
        const circle = circleWith(target, trail)
        if (circle !== undefined || trail.length > MAX_STEPS) {
          fail(circle ?? TOO_MANY)
          continue
        }
        const held = heldAt(target.wanted)
        const step = { file: target.wanted, real: target.real, path: held.path }
        const outcome = outcomeOf(held, [step, ...trail])
        if ('manifest' in outcome) {
          files.push(target.wanted)
          extended.push(outcome.manifest)
          continue
        }
        awaited.push(...outcome.awaited)
        problems.push(...outcome.problems.map((problem) => through(base, index, problem)))
      }
      if (problems.length > 0) return { problems: problems.slice(0, MAX_PROBLEMS), awaited }
      const lists = listsOf(files, extended)
      if (lists.styles.length <= MAX_STYLES) return { manifest: withLists(base, lists) }
      const place = placeOf(base, ['extends'], 'value')
      const { problem, hint } = TOO_MANY
      return { problems: [{ message: `\`extends\`: ${problem}`, place, hint }], awaited }
    }

    /** Adds to a style's problem through which `extends` it concerns a manifest. */
    function through(base: Manifest, index: number, problem: Problem): Problem {
      const { message, place, through: [inner] = [] } = problem
      const key = JSON.stringify([message, place?.file, place?.line, place?.column])
      const times = (located.get(key) ?? 0) + 1
      located.set(key, times)
      const here = times > MAX_LOCATED ? base.path : placeOfExtends(base, index)
      return { ...problem, through: [inner === undefined ? here : chained(here, inner)] }
    }

    const manifests: Manifest[] = []
    const broken = new Map<string, readonly Problem[]>()
    const awaited = new Map<string, readonly string[]>()
    for (const [file, held] of found) {
      const outcome = outcomeOf(held, [{ file, real: file, path: held.path }])
      if ('manifest' in outcome) {
        manifests.push(outcome.manifest)
        continue
      }
      broken.set(held.path, outcome.problems)
      if (outcome.awaited.length > 0) awaited.set(held.path, outcome.awaited)
    }
    const styles = [...others.keys()].flatMap((file) => {
      const outcome = outcomes.get(file)
      return outcome !== undefined && 'manifest' in outcome ? [outcome.manifest] : []
    })
    return { manifests, styles, broken, awaited }
  }
}

/** The references in a style that name an image of the same file. */
function imagesNamedIn(manifest: Manifest): Problem[] {
  const { form, defaults } = manifest.content
  if (form !== 'style') return []
  const levels = [
    { path: ['defaults'], fields: defaults },
    ...(defaults.overrides ?? []).map((fields, index) => {
      return { path: ['defaults', 'overrides', index], fields }
    }),
  ]
  return levels.flatMap(({ path: level, fields }) =>
    referencesIn(fields).flatMap(({ text, field }) => {
      if (!text.startsWith('#')) return []
      return [{ ...namesNoImage(text), place: placeOf(manifest, [...level, ...field], 'value') }]
    }),
  )
}

/** The texts by which fields name other images or files, with their places. */
function referencesIn({
  references = [],
  output,
}: ImageFields): ReadonlyArray<{ readonly text: string; readonly field: DocumentPath }> {
  return [
    ...references.map((reference, index) => ({
      text: typeof reference === 'string' ? reference : reference.from,
      field: ['references', index],
    })),
    ...(output?.media ?? []).flatMap(({ image }, index) =>
      image === undefined ? [] : [{ text: image, field: ['output', 'media', index, 'image'] }],
    ),
  ]
}

/** The problem of `#name` in a style, which would mean another image in every manifest that extends it. */
export function namesNoImage(reference: string): {
  readonly message: string
  readonly hint: string
} {
  return {
    message: `\`${visible(reference)}\` names an image of the same file, and a style has no images.`,
    hint: `Name its manifest too, from the folder of the style: \`./cast.image.yaml${visible(reference)}\`.`,
  }
}

/** A file that is being connected. */
interface Step {
  /** Absolute, as it is named. */
  readonly file: string
  /** Absolute, symbolic links resolved. */
  readonly real: string
  /** Path from the root. */
  readonly path: string
}

/** The file that is being connected, then the one that extends it, and so on. */
type Trail = readonly [Step, ...Step[]]

function circleWith({ wanted, real }: Extended, trail: Trail): LocalFileProblem | undefined {
  const start = trail.findIndex((step) => step.file === wanted || step.real === real)
  if (start < 0) return undefined
  const circle = trail.slice(0, start + 1).toReversed()
  const names = [...circle, ...circle.slice(0, 1)].map((step) => visible(step.path))
  return {
    problem: `The files extend each other in a circle: ${names.join(' → ')}.`,
    hint: 'Remove one of these `extends`.',
  }
}

const TOO_MANY: LocalFileProblem = {
  problem: `More than ${MAX_STYLES} files are extended.`,
  hint: 'Join some of them into one style.',
}

function placeOfExtends(manifest: Manifest, index: number): string {
  const { file, line, column } = placeOf(manifest, ['extends', index], 'value')
  return `${file}:${line}:${column}`
}

/** The most places at the end of a chain that are shown. */
const SHOWN_PLACES = 4

function chained(here: string, inner: string): string {
  const places = inner.split(' → ').filter((place) => place !== '…')
  const isLong = places.length > SHOWN_PLACES
  return [here, ...(isLong ? ['…'] : []), ...places.slice(-SHOWN_PLACES)].join(' → ')
}

/**
 * By which `extends` the settings of a style reach a manifest: `scenes.image.yaml:1:10 → styles/night.yaml:2:5`.
 *
 * @param style one of the manifest's `styles`.
 */
export function chainTo(manifest: Manifest, style: Manifest): string {
  const index = manifest.extended.findLastIndex(
    (one) => one === style || one.styles.includes(style),
  )
  const next = manifest.extended[index]
  const here = placeOfExtends(manifest, Math.max(index, 0))
  return next === undefined || next === style ? here : chained(here, chainTo(next, style))
}

interface Extended {
  /** Absolute, as the manifest names it. */
  readonly wanted: string
  /** Absolute, symbolic links resolved. */
  readonly real: string
}

type FindExtended = (
  from: string,
  written: string,
) => Extended | (LocalFileProblem & { readonly wanted?: string | undefined })

/** Finds extended files. Each is looked up once. */
function createFindExtended(allow: readonly string[]): FindExtended {
  const findAllowed = createFindAllowed(allow)
  const known = new Map<string, ReturnType<typeof findAllowed>>()
  return (from, written) => {
    if (/^[a-z][a-z0-9+.-]+:/i.test(written)) {
      return {
        problem: 'A manifest cannot extend an address.',
        hint: 'Save the file in the project, and write its path.',
      }
    }
    if (/\.ya?ml#/i.test(written)) {
      return {
        problem: 'A manifest extends a whole file, not one image of it.',
        hint: 'Remove the # and everything after it.',
      }
    }
    const wanted = path.resolve(path.dirname(from), written)
    if (!YAML_FILE.test(wanted)) return NOT_YAML
    const found = known.get(wanted) ?? findAllowed(wanted)
    known.set(wanted, found)
    if ('problem' in found) return { ...found, wanted }
    return YAML_FILE.test(found.file) ? { wanted, real: found.file } : NOT_YAML
  }
}

/** Only YAML files can be extended: a message about any other file, such as `.env`, would show its text. */
const YAML_FILE = /\.ya?ml$/i

const NOT_YAML: LocalFileProblem = {
  problem: 'This is not a YAML file.',
  hint: 'Name a file that ends with `.yaml` or `.yml`.',
}
