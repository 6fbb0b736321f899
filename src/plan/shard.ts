import { dependenciesOf } from '../manifest/resolve/cycles.ts'
import { groupBy } from '../shared/group-by.ts'
import { summarise } from './bill.ts'
import type { PlannedImage } from './planned-image.ts'
import type { Selection } from './select.ts'

/** One part of a plan that several machines generate in parallel. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number
  readonly count: number
}

/** Images that one machine must generate together, because they share originals or refer to each other. */
interface Cluster {
  readonly ids: readonly string[]
  /** The number of originals they need in total. */
  readonly pictures: number
}

/**
 * Returns the images and jobs of one shard.
 *
 * Every image is in exactly one shard, together with the images it refers to. The assignment depends only on the
 * manifests, never on the store, so that machines with different stores agree on it.
 *
 * @param all all images of the plan, because selected images may refer to others.
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

/** Assigns clusters greedily, the largest first, each to the shard with the least work. */
function clustersOfShard(clusters: readonly Cluster[], { index, count }: Shard): Cluster[] {
  const ordered = clusters.toSorted((left, right) => right.pictures - left.pictures)
  const loads = Array.from({ length: count }, () => 0)
  return ordered.filter(({ pictures }) => {
    const least = loads.indexOf(Math.min(...loads))
    loads[least] = (loads[least] ?? 0) + pictures
    return least === index - 1
  })
}

/** The connected components of the graph of references, in the order of their first images. */
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
  return [...groupBy(reached, (image) => rootOf(nodeOf(image))).values()].map((members) => ({
    ids: members.map(({ entry }) => entry.id),
    pictures: picturesOf(members),
  }))
}

/** The graph node of an image. Images with equal recipes share their originals, so they are one node. */
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

/** The given images and all images that they refer to. */
function withDependencies(
  wanted: readonly PlannedImage[],
  byId: ReadonlyMap<string, PlannedImage>,
): PlannedImage[] {
  const reached = new Set(wanted)
  // Iterating a set also visits members that are added during the iteration.
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
