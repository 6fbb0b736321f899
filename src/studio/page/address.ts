import type { ImageId, TileState } from '../protocol.ts'
import type { LeftOverPlace } from '../protocol-records.ts'

/**
 * What the page shows, and how. All of it is in the fragment of the address, which browsers never send: a reload or
 * another tab shows the same, and the token is nowhere else.
 */
export interface Address {
  readonly token: string
  readonly place: Place
  readonly wall: WallChoice
  /** Whether keys without a modifier are commands. */
  readonly singleKeys: boolean
}

export type Place =
  | { readonly view: 'wall' }
  | { readonly view: 'plan' }
  | { readonly view: 'spend' }
  | { readonly view: 'left-over'; readonly place: LeftOverPlace }
  | { readonly view: 'image'; readonly id: ImageId }
  /** What a branch changes of an image, in a report. */
  | { readonly view: 'change'; readonly id: ImageId }
  /** The pictures of several images, or the candidates of one. */
  | { readonly view: 'compare'; readonly images: readonly ComparedImage[] }

export interface ComparedImage {
  readonly id: ImageId
  /** The first digits of a candidate's SHA-256; `null`: the picture in use. */
  readonly candidate: string | null
}

/** Which images the wall shows, in which order, how large. */
export interface WallChoice {
  /** In id, prompt or alt. */
  readonly text: string
  /** `null`: every state. */
  readonly state: TileState | null
  /** `null`: every model. */
  readonly model: string | null
  readonly sort: WallSort
  readonly density: Density
}

/** `written`: as in the manifests. */
export type WallSort = 'written' | 'name' | 'time' | 'size'

export type Density = 'comfortable' | 'compact'

const STATES: readonly TileState[] = [
  'current',
  'outdated',
  'missing',
  'unusable',
  'unavailable',
  'blocked',
]
const SORTS: readonly WallSort[] = ['written', 'name', 'time', 'size']

/** The views that their name alone shows. */
const VIEWS: Readonly<Record<string, Place>> = {
  plan: { view: 'plan' },
  spend: { view: 'spend' },
  'left-over': { view: 'left-over', place: 'store' },
  trash: { view: 'left-over', place: 'trash' },
}

export function parseAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  return {
    token: fields.get('token') ?? '',
    place: placeOf(fields),
    wall: {
      text: fields.get('text') ?? '',
      state: STATES.find((state) => state === fields.get('state')) ?? null,
      model: fields.get('model'),
      sort: SORTS.find((sort) => sort === fields.get('sort')) ?? 'written',
      density: fields.get('density') === 'compact' ? 'compact' : 'comfortable',
    },
    singleKeys: fields.get('keys') !== 'off',
  }
}

function placeOf(fields: URLSearchParams): Place {
  const compared = fields.getAll('compare')
  if (compared.length > 0) {
    const candidates = fields.getAll('candidate')
    const images = compared.map((id, at) => ({ id, candidate: candidates[at] || null }))
    return { view: 'compare', images }
  }
  const changed = fields.get('change')
  if (changed !== null) return { view: 'change', id: changed }
  const id = fields.get('image')
  if (id !== null) return { view: 'image', id }
  return VIEWS[fields.get('view') ?? ''] ?? { view: 'wall' }
}

/** @returns the fragment with its `#`; what is as usual is left out. */
export function formatAddress({ token, place, wall, singleKeys }: Address): string {
  // A report has none.
  const fields = new URLSearchParams(token === '' ? {} : { token })
  switch (place.view) {
    case 'wall':
      break
    case 'plan':
    case 'spend':
      fields.set('view', place.view)
      break
    case 'left-over':
      fields.set('view', place.place === 'trash' ? 'trash' : 'left-over')
      break
    case 'image':
      fields.set('image', place.id)
      break
    case 'change':
      fields.set('change', place.id)
      break
    case 'compare':
      for (const { id, candidate } of place.images) {
        fields.append('compare', id)
        fields.append('candidate', candidate ?? '')
      }
      break
  }
  if (wall.text !== '') fields.set('text', wall.text)
  if (wall.state !== null) fields.set('state', wall.state)
  if (wall.model !== null) fields.set('model', wall.model)
  if (wall.sort !== 'written') fields.set('sort', wall.sort)
  if (wall.density !== 'comfortable') fields.set('density', wall.density)
  if (!singleKeys) fields.set('keys', 'off')
  return `#${fields}`
}
