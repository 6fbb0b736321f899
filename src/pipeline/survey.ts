import type { ImageEntry } from '../manifest/entry.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Resolution } from '../manifest/resolve/resolve.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Inventory, Plan, PlannedImage, Planner } from '../plan/plan.ts'
import type { Recipe } from '../plan/recipe.ts'
import type { Problem } from '../shared/errors.ts'
import type { StoreSnapshot, WantedKey } from '../store/read/snapshot.ts'

/** All manifests of a project and how their images stand, at one moment. */
export interface Survey {
  readonly manifests: readonly Manifest[]
  /** @param path from the root, as ids have it. */
  manifestAt(path: string): Manifest | undefined
  readonly entries: ReadonlyMap<string, ImageEntry>
  /** In the order written. */
  entriesOf(manifest: Manifest): readonly ImageEntry[]
  readonly plan: Plan
  readonly images: ReadonlyMap<string, PlannedImage>
  /** What is wrong, by the manifest's path from the root. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  readonly withoutAlt: readonly ImageEntry[]
  /** The store as it was seen. */
  readonly snapshot: StoreSnapshot
}

/** Everything that is read before the store is looked at. */
export interface Reading {
  readonly manifests: readonly Manifest[]
  /** Manifests that are there and cannot be read, by their path from the root. */
  readonly broken: ReadonlyMap<string, readonly Problem[]>
  readonly resolution: Resolution
}

/** The keys that planning will look up, for a store that asks a remote about them. */
export function wantedKeys(
  { resolution }: Reading,
  { remote }: Pick<ResolvedOptions, 'remote'>,
  planner: Planner,
): readonly WantedKey[] {
  if (remote === undefined) return []
  // Keys do not depend on what is there.
  const nothing = { candidates: [], problems: [] }
  const { images } = planner.plan(resolution.entries, {
    lookup: () => nothing,
    earlierRecipes: () => [],
  })
  const wanted = new Map<string, WantedKey>()
  for (const { made } of images) {
    if (made === undefined) continue
    for (const key of [made.key, ...made.otherKeys]) {
      const candidates = Math.max(made.subject.candidates, wanted.get(key)?.candidates ?? 0)
      wanted.set(key, { key, candidates })
    }
  }
  return [...wanted.values()]
}

/** The newest so many originals of a name are looked at, to say why an image is missing. */
const COMPARED = 20

/** The store as it was seen, and as planning asks about it. */
export interface Seen {
  readonly snapshot: StoreSnapshot
  readonly inventory: Inventory
}

export function seen(snapshot: StoreSnapshot): Seen {
  const inventory: Inventory = {
    lookup: (key) => snapshot.lookup(key),
    // The store keeps recipes as plain JSON; they are compared, not trusted. In many manifests the same name may mean
    // other things: to compare all of them with all would take for ever.
    earlierRecipes: (name) =>
      snapshot
        .receiptsNamed(name)
        .slice(-COMPARED)
        .map(({ recipe }) => recipe as unknown as Recipe),
  }
  return { snapshot, inventory }
}

/** Holds what was read against the store. */
export function surveyOf(
  { manifests, broken, resolution }: Reading,
  planner: Planner,
  { snapshot, inventory }: Seen,
): Survey {
  const plan = planner.plan(resolution.entries, inventory)
  // Built when somebody asks: the command line never does, a bundler with many modules does all the time.
  let byPath: ReadonlyMap<string, Manifest> | undefined
  let entries: Survey['entries'] | undefined
  let images: Survey['images'] | undefined
  let byManifest: ReadonlyMap<Manifest, readonly ImageEntry[]> | undefined
  return {
    manifests,
    manifestAt(path) {
      byPath ??= new Map(manifests.map((manifest) => [manifest.path, manifest]))
      return byPath.get(path)
    },
    entriesOf(manifest) {
      byManifest ??= grouped(resolution.entries)
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

function grouped(entries: readonly ImageEntry[]): ReadonlyMap<Manifest, readonly ImageEntry[]> {
  const groups = new Map<Manifest, ImageEntry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.manifest)
    if (group === undefined) groups.set(entry.manifest, [entry])
    else group.push(entry)
  }
  return groups
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
