import type { Problem } from '../../shared/errors.ts'
import { findCycles } from './cycles.ts'
import type { ImageEntry } from '../entry.ts'
import { unmatchedInStyles, expandImages, type Expansion, type ImageDraft } from './expand.ts'
import type { KnownImages } from './references.ts'
import { createLocalFiles, type LocalFile, type LocalFiles } from './local-files.ts'
import { MAX_PROBLEMS, type Manifest } from '../manifest.ts'
import {
  resolveOutput,
  type MediaSettings,
  type Output,
  type OutputSettings,
} from '../schema/output.ts'
import { resolveImage, type Around } from './resolve-image.ts'
import type { ImageSettings } from '../schema/schema.ts'
import { writtenAt } from '../written.ts'

/** Settings for all manifests of a project. */
export interface ProjectSettings {
  /** Absolute. */
  readonly root: string
  readonly defaults: ImageSettings
  readonly vars: ReadonlyMap<string, string>
  /** Absolute folders that may contain files named by manifests. */
  readonly allow: readonly string[]
}

/** All images of a project, and the problems of their manifests. */
export interface Resolution {
  readonly entries: readonly ImageEntry[]
  /** Problems by the manifest's path from the root. An image with a problem is not in `entries`. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  /** Images without a text alternative. */
  readonly withoutAlt: readonly ImageEntry[]
}

/** Turns manifests into entries: resolves variables, defaults, matrix, references and files. */
export interface Resolver {
  /**
   * @param unreadable paths of manifests with errors. References to them are not reported as problems.
   * @param files the files that manifests name; each is read once.
   */
  resolve(
    manifests: readonly Manifest[],
    unreadable: ReadonlySet<string>,
    files: LocalFiles,
  ): Resolution
}

/** Resolves once; see `Resolver`. */
export function resolveManifests(
  manifests: readonly Manifest[],
  unreadable: ReadonlySet<string>,
  project: ProjectSettings,
): Resolution {
  const files = createLocalFiles(project.allow)
  return createResolver(project).resolve(manifests, unreadable, files)
}

/** The entries of one manifest, with everything outside the manifest that they depend on. */
interface Resolved {
  readonly entries: readonly ImageEntry[]
  readonly problems: readonly Problem[]
  readonly files: ReadonlyArray<readonly [from: string, written: string, found: LocalFile]>
  /** The other manifests that it refers to. */
  readonly expansions: ReadonlyMap<string, ReturnType<KnownImages['expansionOf']>>
  /** Cycles of references within the manifest; empty if it refers to other manifests. */
  readonly cycles: readonly (readonly string[])[]
}

/**
 * Creates a resolver that caches its results. A manifest object never changes: an edited manifest is a new object. So
 * its result stays valid while the files that it names have the same bytes and the manifests that it refers to are the
 * same objects. A manifest with problems is always resolved again, because any change may have fixed them.
 */
export function createResolver(project: ProjectSettings): Resolver {
  const expanded = new WeakMap<Manifest, Expansion>()
  const resolved = new WeakMap<Manifest, Resolved>()
  const outputs = createOutputs(project)

  const expand = (manifest: Manifest): Expansion => {
    const expansion = expanded.get(manifest) ?? expandImages(manifest, project)
    expanded.set(manifest, expansion)
    return expansion
  }

  return {
    resolve(manifests, unreadable, files) {
      const expansions = new Map(manifests.map((manifest) => [manifest.path, expand(manifest)]))
      const known: KnownImages = {
        root: project.root,
        expansionOf: (path) =>
          expansions.get(path) ?? (unreadable.has(path) ? 'unreadable' : undefined),
      }
      const entries: ImageEntry[] = []
      const crossing: ImageEntry[] = []
      const cycles: Array<readonly string[]> = []
      const problems = new Map<string, readonly Problem[]>()
      for (const manifest of manifests) {
        const earlier = resolved.get(manifest)
        const made =
          earlier !== undefined && stillHolds(earlier, known, files)
            ? earlier
            : resolveOne(expand(manifest), known, files, outputs)
        resolved.set(manifest, made)
        for (const entry of made.entries) entries.push(entry)
        if (made.expansions.size > 0) crossing.push(...made.entries)
        cycles.push(...made.cycles)
        if (made.problems.length > 0) problems.set(manifest.path, made.problems)
      }
      for (const [path, problem] of unmatchedInStyles(expansions.values())) {
        problems.set(path, [...(problems.get(path) ?? []), problem])
      }
      cycles.push(...findCycles(crossing))
      const sound = withoutCycles(entries, cycles, problems)
      const withoutAlt = sound.filter((entry) => entry.alt === undefined)
      return { entries: sound, problems, withoutAlt }
    },
  }
}

function stillHolds(earlier: Resolved, known: KnownImages, files: LocalFiles): boolean {
  if (earlier.problems.length > 0) return false
  for (const [path, expansion] of earlier.expansions) {
    if (known.expansionOf(path) !== expansion) return false
  }
  return earlier.files.every(([from, written, { file, sha256, isLfsPointer }]) => {
    const found = files.find(from, written)
    return (
      !('problem' in found) &&
      found.file === file &&
      found.sha256 === sha256 &&
      found.isLfsPointer === isLfsPointer
    )
  })
}

function resolveOne(
  { drafts, manifest, problems: earlier }: Expansion,
  known: KnownImages,
  files: LocalFiles,
  outputs: Outputs,
): Resolved {
  const problems = [...earlier]
  const expansions = new Map<string, ReturnType<KnownImages['expansionOf']>>()
  const named: Array<readonly [string, string, LocalFile]> = []
  const around = {
    known: {
      root: known.root,
      expansionOf(path: string) {
        const expansion = known.expansionOf(path)
        if (path !== manifest.path) expansions.set(path, expansion)
        return expansion
      },
    },
    findFile(from: string, written: string) {
      const found = files.find(from, written)
      if (!('problem' in found)) named.push([from, written, found])
      return found
    },
    ...outputs,
  }
  const report = (problem: () => Problem): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem())
  }
  const entries = drafts.flatMap((draft) => resolveImage(draft, around, report) ?? [])
  const cycles = expansions.size > 0 ? [] : findCycles(entries)
  return { entries, problems, files: named, expansions, cycles }
}

/** Removes the entries of reference cycles. Each cycle is reported as a problem of its first image's manifest. */
function withoutCycles(
  entries: readonly ImageEntry[],
  cycles: readonly (readonly string[])[],
  problems: Map<string, readonly Problem[]>,
): readonly ImageEntry[] {
  if (cycles.length === 0) return entries
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  for (const cycle of cycles) {
    const first = byId.get(cycle[0] ?? '')
    if (first === undefined) continue
    const { manifest } = first
    const known = problems.get(manifest.path) ?? []
    if (known.length >= MAX_PROBLEMS) continue
    const problem = {
      message: `References in a circle: ${[...cycle, cycle[0]].join(' → ')}.`,
      ...writtenAt(first, ['references'], 'key'),
      hint: 'Remove one of these references, so that one image can be generated without the others.',
    }
    problems.set(manifest.path, [...known, problem])
  }
  const inCycle = new Set(cycles.flat())
  return entries.filter((entry) => !inCycle.has(entry.id))
}

type Outputs = Pick<Around, 'outputOf' | 'mediaOf'>

/** Resolves the `output` of images. Equal settings are resolved once and shared. */
function createOutputs({ defaults }: ProjectSettings): Outputs {
  const known = new Map<string, Output>()
  const shared = new WeakMap<Manifest, Output>()
  const outputFor = (...layers: Parameters<typeof resolveOutput>[0]): Output => {
    const text = JSON.stringify(layers)
    const output = known.get(text) ?? resolveOutput(layers)
    known.set(text, output)
    return output
  }
  const aroundIn = ({ manifest }: ImageDraft): ReadonlyArray<OutputSettings | undefined> =>
    [...manifest.styles, manifest].map(({ content }) => content.defaults.output)
  const levelsOf = ({ own, overrides }: ImageDraft): readonly OutputSettings[] =>
    [own, ...overrides.map(({ fields }) => fields)].flatMap((level) =>
      level.output === undefined ? [] : [level.output],
    )
  return {
    outputOf(draft) {
      const { manifest } = draft
      const levels = levelsOf(draft)
      if (levels.length > 0) return outputFor(defaults.output, ...aroundIn(draft), ...levels)
      const output = shared.get(manifest) ?? outputFor(defaults.output, ...aroundIn(draft))
      shared.set(manifest, output)
      return output
    },
    mediaOf(draft) {
      const levels = [defaults.output, ...aroundIn(draft), ...levelsOf(draft)]
      return levels.findLast((level) => level?.media !== undefined)?.media ?? NO_MEDIA
    },
  }
}

const NO_MEDIA: readonly MediaSettings[] = []
