import type { ImageEntry } from '../manifest/entry.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ManifestsRead } from '../manifest/read/reader.ts'
import type { Resolution } from '../manifest/resolve/resolve.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Inventory, Plan, PlannedImage, Planner } from '../plan/plan.ts'
import type { Recipe } from '../plan/recipe.ts'
import type { Problem } from '../shared/errors.ts'
import { groupBy } from '../shared/group-by.ts'
import type { StoreSnapshot, WantedKey } from '../store/read/snapshot.ts'

/** All manifests of a project and the states of their images, at one moment. */
export interface Survey {
  readonly manifests: readonly Manifest[]
  /** Files that manifests extend and that are not among them. */
  readonly styles: readonly Manifest[]
  /** The files that broken manifests extend, by the manifest's path. They may be missing; absolute. */
  readonly awaited: ReadonlyMap<string, readonly string[]>
  /** @param path path from the root, as ids contain it. */
  manifestAt(path: string): Manifest | undefined
  readonly entries: ReadonlyMap<string, ImageEntry>
  /** A manifest's entries, in the order written. */
  entriesOf(manifest: Manifest): readonly ImageEntry[]
  readonly plan: Plan
  readonly images: ReadonlyMap<string, PlannedImage>
  /** All problems, by the manifest's path from the root. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  readonly withoutAlt: readonly ImageEntry[]
  /** The store at that moment. */
  readonly snapshot: StoreSnapshot
}

/** Everything that is read before the store. */
export interface Reading extends ManifestsRead {
  readonly resolution: Resolution
}

/** The keys that planning will look up, so that the store can fetch them from its remote. */
export function wantedKeys(
  { resolution }: Reading,
  { remote }: Pick<ResolvedOptions, 'remote'>,
  planner: Planner,
): readonly WantedKey[] {
  if (remote === undefined) return []
  // Keys do not depend on the store, so plan with one of which nothing is known.
  const nothing = { candidates: [], problems: [{ message: 'not looked at' }] }
  const { images } = planner.plan(resolution.entries, {
    lookup: () => nothing,
    earlierRecipes: () => [],
  })
  return wantedOf(images)
}

/** What images need of the store. */
export function wantedOf(images: readonly PlannedImage[]): readonly WantedKey[] {
  const wanted = new Map<string, WantedKey>()
  for (const { entry, made } of images) {
    if (made === undefined) continue
    const { pick } = entry
    for (const key of [made.key, ...made.otherKeys]) {
      const { candidates = 0, digests = [] } = wanted.get(key) ?? {}
      wanted.set(key, {
        key,
        candidates: Math.max(made.subject.candidates, candidates),
        digests: typeof pick === 'string' ? [...digests, pick] : digests,
      })
    }
  }
  return [...wanted.values()]
}

/** How many of the newest originals of a name are compared, to explain why an image is missing. */
const COMPARED = 20

/** A snapshot of the store, with the view that planning uses. */
export interface Seen {
  readonly snapshot: StoreSnapshot
  readonly inventory: Inventory
}

/**
 * Creates the planner's view of a snapshot.
 *
 * @param isPartial whether there is a remote that was not asked.
 */
export function seen(snapshot: StoreSnapshot, isPartial: boolean): Seen {
  const inventory: Inventory = {
    isPartial,
    lookup: (key) => snapshot.lookup(key),
    everything: () => snapshot.everything(),
    // Recipes in receipts are untrusted JSON, which is only compared. Many manifests may use the same name, and comparing
    // all of their originals would take too long.
    earlierRecipes: (name) =>
      snapshot
        .receiptsNamed(name)
        .slice(-COMPARED)
        .map(({ recipe }) => recipe as unknown as Recipe),
  }
  return { snapshot, inventory }
}

/** Plans what was read against a snapshot of the store. */
export function surveyOf(
  { manifests, styles, broken, awaited, resolution }: Reading,
  planner: Planner,
  { snapshot, inventory }: Seen,
): Survey {
  const plan = planner.plan(resolution.entries, inventory)
  // Built on first use: the command line never needs these maps, and a bundler uses them for every module.
  let byPath: ReadonlyMap<string, Manifest> | undefined
  let entries: Survey['entries'] | undefined
  let images: Survey['images'] | undefined
  let byManifest: ReadonlyMap<Manifest, readonly ImageEntry[]> | undefined
  return {
    manifests,
    styles,
    awaited,
    manifestAt(path) {
      byPath ??= new Map(manifests.map((manifest) => [manifest.path, manifest]))
      return byPath.get(path)
    },
    entriesOf(manifest) {
      byManifest ??= groupBy(resolution.entries, (entry) => entry.manifest)
      return byManifest.get(manifest) ?? []
    },
    get entries() {
      return (entries ??= new Map(resolution.entries.map((entry) => [entry.id, entry])))
    },
    plan,
    get images() {
      return (images ??= new Map(plan.images.map((image) => [image.entry.id, image])))
    },
    problems: merged([broken, resolution.problems, plan.problems]),
    withoutAlt: resolution.withoutAlt,
    snapshot,
  }
}

/** The same manifests planned again, against another snapshot of the store. */
export function replan(
  { manifests, styles, entries, withoutAlt }: Survey,
  snapshot: StoreSnapshot,
  planner: Planner,
): Survey {
  const resolution = { entries: [...entries.values()], problems: new Map(), withoutAlt }
  const read = { manifests, styles, broken: new Map(), awaited: new Map() }
  return surveyOf({ ...read, resolution }, planner, seen(snapshot, false))
}

function merged(
  parts: ReadonlyArray<ReadonlyMap<string, readonly Problem[]>>,
): ReadonlyMap<string, readonly Problem[]> {
  const all = new Map<string, readonly Problem[]>()
  for (const [manifest, problems] of parts.flatMap((part) => [...part])) {
    all.set(manifest, [...(all.get(manifest) ?? []), ...problems])
  }
  return all
}
