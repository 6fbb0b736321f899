import type { PlannedImage, Survey } from '../../pipeline.ts'
import { candidatesOf, pictureInUse } from './picture-in-use.ts'
import type { Pictures } from '../listener/pictures.ts'
import type { ImageId, Tile, TileState, WallPage } from '../protocol.ts'

/** All tiles, and since when each is as it is. */
export interface Wall {
  readonly revision: number
  readonly tiles: ReadonlyMap<ImageId, Tile>
  readonly states: Readonly<Record<TileState, number>>
  readonly models: readonly string[]
  /**
   * Takes a newer survey.
   *
   * @returns the ids whose tiles changed, came or went. With some, the revision is a new one.
   */
  take(survey: Survey): readonly ImageId[]
  /** Counts a change that no tile shows, such as an error in a manifest. */
  advance(): void
  page(query: WallQuery): WallPage
}

export interface WallQuery {
  /** The `next` of the page before. */
  readonly after: number
  readonly limit: number
  /** Only what changed after this revision. */
  readonly since: number | undefined
}

export function createWall(pictures: Pictures): Wall {
  let revision = 1
  let tiles: ReadonlyMap<ImageId, Tile> = new Map()
  /** The revision that brought each tile, or took it away. */
  const changedIn = new Map<ImageId, number>()
  const goneIn = new Map<ImageId, number>()

  function page({ after, limit, since }: WallQuery): WallPage {
    const all = [...tiles.values()]
    const wanted =
      since === undefined ? all : all.filter(({ id }) => (changedIn.get(id) ?? 0) > since)
    const end = after + limit
    return {
      revision,
      total: wanted.length,
      tiles: wanted.slice(after, end),
      gone:
        since === undefined || after > 0
          ? []
          : [...goneIn].flatMap(([id, when]) => (when > since ? [id] : [])),
      next: end < wanted.length ? String(end) : null,
    }
  }

  return {
    get revision() {
      return revision
    },
    get tiles() {
      return tiles
    },
    get states() {
      const states: Record<TileState, number> = {
        current: 0,
        outdated: 0,
        missing: 0,
        unusable: 0,
        unavailable: 0,
        blocked: 0,
      }
      for (const { state } of tiles.values()) states[state] += 1
      return states
    },
    get models() {
      const models = [...tiles.values()].flatMap(({ model }) => model ?? [])
      return [...new Set(models)].toSorted()
    },
    take(survey) {
      const now = new Map<ImageId, Tile>()
      const changed: ImageId[] = []
      const places = new Map<string, number>()
      for (const image of survey.plan.images) {
        const { path } = image.entry.manifest
        const index = places.get(path) ?? 0
        places.set(path, index + 1)
        const tile = tileOf(image, index, survey, pictures)
        const before = tiles.get(tile.id)
        const isSame = before !== undefined && isEqual(before, tile)
        now.set(tile.id, isSame ? before : tile)
        if (!isSame) changed.push(tile.id)
      }
      const gone = [...tiles.keys()].filter((id) => !now.has(id))
      tiles = now
      if (changed.length + gone.length === 0) return []
      revision += 1
      for (const id of changed) {
        changedIn.set(id, revision)
        goneIn.delete(id)
      }
      for (const id of gone) {
        changedIn.delete(id)
        goneIn.set(id, revision)
      }
      return [...changed, ...gone]
    },
    advance() {
      revision += 1
    },
    page,
  }
}

function tileOf(image: PlannedImage, index: number, survey: Survey, pictures: Pictures): Tile {
  const { entry, state, reason, usd, made } = image
  const { thumbnail, width, height, time, origin, number } = pictureInUse(image, survey, pictures)
  return {
    id: entry.id,
    name: entry.name,
    manifest: entry.manifest.path,
    index,
    state,
    reason,
    thumbnail,
    width,
    height,
    candidates: candidatesOf(image, survey).length,
    wanted: made?.subject.candidates ?? 0,
    pick: number,
    usd,
    model: made?.subject.model ?? null,
    alt: entry.alt ?? null,
    prompt: made?.subject.prompt ?? null,
    time,
    origin,
  }
}

function isEqual(one: Tile, other: Tile): boolean {
  const names = Object.keys(one) as Array<keyof Tile>
  return names.every((name) => one[name] === other[name])
}
