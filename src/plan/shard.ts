import { dependenciesOf } from '../manifest/resolve/cycles.ts'
import { summarise } from './bill.ts'
import type { PlannedImage } from './planned-image.ts'
import type { Selection } from './select.ts'

/** One of several parts of a plan that several machines make at the same time. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number
  readonly count: number
}

/** Images that are made by one machine, since they share originals or refer to each other. */
interface Cluster {
  readonly ids: readonly string[]
  /** How many originals they have in the end. */
  readonly pictures: number
}

/**
 * The images and jobs of one shard.
 *
 * Every image is in exactly one shard, together with all it refers to. Which one follows from the manifests alone, never
 * from what is in the store: machines that begin at different times, with different stores, still agree.
 *
 * @param all the plan's images, selected or not: what is selected may refer to others.
 */
export function shardSelection(
  { images, jobs }: Selection,
  all: readonly PlannedImage[],
  shard: Shard,
): Selection {
  const mine = new Set(clustersOfShard(clustersOf(images, all), shard).flatMap(({ ids }) => ids))
  const kept = images.filter(({ entry }) => mine.has(entry.id))
  const own = jobs.filter(({ ids }) => ids.some((id) => mine.has(id)))
  return { images: kept, jobs: own, summary: summarise(kept, own) }
}

/** The largest first, each to the shard that has the least: of parts that cannot be cut this balances well. */
function clustersOfShard(clusters: readonly Cluster[], { index, count }: Shard): Cluster[] {
  const ordered = clusters.toSorted((left, right) => right.pictures - left.pictures)
  const loads = Array.from({ length: count }, () => 0)
  return ordered.filter(({ pictures }) => {
    const least = loads.indexOf(Math.min(...loads))
    loads[least] = (loads[least] ?? 0) + pictures
    return least === index - 1
  })
}

/** The connected parts of the graph of references, in the order of their first images. */
function clustersOf(wanted: readonly PlannedImage[], all: readonly PlannedImage[]): Cluster[] {
  const byId = new Map(all.map((image) => [image.entry.id, image]))
  const parents = new Map<string, string>()
  const rootOf = (node: string): string => {
    let root = node
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next
    if (root !== node) parents.set(node, root)
    return root
  }
  const join = (left: string, right: string): void => {
    const [one, other] = [rootOf(left), rootOf(right)]
    if (one !== other) parents.set(other, one)
  }

  const reached = withDependencies(wanted, byId)
  for (const image of reached) {
    for (const needed of madeDependencies(image, byId)) join(nodeOf(image), nodeOf(needed))
  }
  const groups = new Map<string, PlannedImage[]>()
  for (const image of reached) {
    const root = rootOf(nodeOf(image))
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [image])
    else group.push(image)
  }
  return [...groups.values()].map((members) => ({
    ids: members.map(({ entry }) => entry.id),
    pictures: picturesOf(members),
  }))
}

/** Equal recipes share their originals, so they are one node. A file made by hand is there on every machine. */
function nodeOf({ entry, made }: PlannedImage): string {
  return made?.key ?? entry.id
}

function madeDependencies(
  { entry }: PlannedImage,
  byId: ReadonlyMap<string, PlannedImage>,
): PlannedImage[] {
  return dependenciesOf(entry).flatMap((id) => {
    const image = byId.get(id)
    return image?.made === undefined ? [] : [image]
  })
}

/** Some images, and all that they refer to. */
function withDependencies(
  wanted: readonly PlannedImage[],
  byId: ReadonlyMap<string, PlannedImage>,
): PlannedImage[] {
  const reached = new Set(wanted)
  // A set hands out what is added while it is walked through.
  for (const image of reached) {
    for (const needed of madeDependencies(image, byId)) reached.add(needed)
  }
  return [...reached]
}

function picturesOf(images: readonly PlannedImage[]): number {
  const candidates = new Map<string, number>()
  for (const { made } of images) {
    if (made === undefined) continue
    candidates.set(made.key, Math.max(candidates.get(made.key) ?? 0, made.subject.candidates))
  }
  return [...candidates.values()].reduce((sum, count) => sum + count, 0)
}
