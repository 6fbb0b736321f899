import type { ImageId, PictureKey, RunState, ShownProblem, TileState, Usd } from './protocol.ts'

/** The images that need attention: all but `current` ones. */
export interface PlanPage {
  readonly revision: number
  readonly total: number
  readonly images: readonly PlanRow[]
  readonly next: string | null
  /** What everything that is missing costs together. `POST /api/1/bill` gives the bill to agree to. */
  readonly bill: Pick<Bill, 'requests' | 'pictures' | 'usd'>
  readonly budget: BudgetState
  /** Whether this process may ask a provider at all, or why not. */
  readonly asking: true | ShownProblem
  /** Where keys come from that are not set: `{ model: 'model', variable: 'ACME_API_KEY' }`. Never a key. */
  readonly missingKeys: ReadonlyArray<{ readonly model: string; readonly variable: string | null }>
}

export interface PlanRow {
  readonly id: ImageId
  readonly state: TileState
  readonly reason: string
  /** Pictures to ask for; 0: this image is not asked for. */
  readonly pictures: number
  readonly usd: Usd
  readonly thumbnail: PictureKey | null
  /** Whether `generate` can make it: it is missing, outdated, or lost and can be replaced. */
  readonly offer: 'generate' | 'outdated' | 'replace' | 'none'
}

export interface BudgetState {
  /** `null`: no limit. */
  readonly images: number | null
  readonly usd: number | null
  readonly spent: { readonly requests: number; readonly pictures: number; readonly usd: Usd }
  /** `null`: no limit. */
  readonly imagesLeft: number | null
}

/** What generating costs. Sent back as the agreement: whatever differs by then, nothing is spent. */
export interface Bill {
  /** The images that get a picture, those that they need included, in the order of asking. */
  readonly images: readonly ImageId[]
  readonly requests: number
  readonly pictures: number
  readonly usd: Usd
  /** A digest of what would be asked for. */
  readonly digest: string
}

export interface BillRequest {
  /** At most 30,000. */
  readonly ids: readonly ImageId[]
  /** Outdated images among them are made again. */
  readonly outdated?: boolean
  /** Pay again for the one image in `ids`, whose original is lost or cannot be used. */
  readonly replace?: boolean
}

export interface GenerateRequest extends BillRequest {
  /** What the person saw and agreed to. */
  readonly agreed: Agreement
}

export type Agreement = Pick<Bill, 'pictures' | 'usd' | 'digest'>

export interface Started {
  readonly run: RunState
}

/** No request is sent any more; those under way come home. */
export interface Stopping {
  readonly run: RunState | null
}

/** Asks for something to be done to one image. */
export interface ChangeRequest {
  readonly id: ImageId
  /** The digest of the manifest that the page saw. */
  readonly digest: string
  readonly change: Change
  /** With `change`: generate the image afterwards, if it then costs exactly this. */
  readonly generate?: Agreement
}

export type Change =
  /** The candidate with this sha256. */
  | { readonly kind: 'pick'; readonly sha256: string }
  /** So many candidates more than there are. */
  | { readonly kind: 'more'; readonly count: number }
  | { readonly kind: 'reroll' }
  /** Only what changes; `null` removes the field. */
  | { readonly kind: 'edit'; readonly fields: EditedFields }
  /** To what a receipt says: the words, seed, shape and revision of its recipe, and the picture with this sha256. */
  | { readonly kind: 'back'; readonly key: string; readonly sha256: string }

export interface EditedFields {
  readonly prompt?: string
  readonly alt?: string | null
  readonly seed?: number | null
  readonly aspectRatio?: string | null
  readonly size?: string | null
}

/** What a change would do. Made as the person types. */
export interface ChangeCheck {
  /** With problems, the change is refused, and the rest of this is `null`. */
  readonly problems: readonly CheckedProblem[]
  readonly after: {
    readonly state: TileState
    readonly reason: string
    /** The image's recipe key; `null`: a hand-made file. After `back` with another key it is another picture. */
    readonly key: string | null
    /** What generating this image costs afterwards. */
    readonly bill: Bill
    /** Other images that become missing, because they refer to this one or share its fields. */
    readonly alsoMissing: readonly ImageId[]
    /** Whether anything in the manifest changes at all. */
    readonly changes: boolean
  } | null
}

export interface CheckedProblem extends ShownProblem {
  /** The field that the problem is about, where it is one of these. */
  readonly field: keyof EditedFields | null
}

/** A manifest was written. */
export interface Written {
  readonly manifest: string
  /** The images whose fields changed. */
  readonly ids: readonly ImageId[]
  /** The manifest's digest now. */
  readonly digest: string
  readonly revision: number
  /** What `undo` takes; `null`: nothing was written, or it cannot be undone. */
  readonly undo: string | null
  /** What happened, in one sentence, for the live region. */
  readonly said: string
  /** The run that was asked for with it; `price-changed`: it would cost something else, and nothing was spent. */
  readonly generate: 'started' | 'price-changed' | ShownProblem | null
  /** What the image costs now. */
  readonly bill: Bill | null
}

/** How a dropped file is used: in place of generating, as one more candidate, or as a touched-up candidate. */
export type AdoptHow = 'source' | 'candidate' | 'edited'

export interface UndoRequest {
  readonly undo: string
}

export interface FirstManifest {
  /** The path from the root. */
  readonly manifest: string
  readonly ids: readonly ImageId[]
  readonly revision: number
}

/** Opens the editor at an image, or at the line of a problem. */
export type OpenRequest =
  | { readonly id: ImageId }
  | { readonly manifest: string; readonly line: number }

export interface Opened {
  /** The editor's name, to say so. */
  readonly editor: string
}

/** Why a request got no answer. */
export interface Refusal {
  readonly error: {
    readonly code: RefusalCode
    /** What happened, in one sentence. */
    readonly message: string
    /** What to do now. */
    readonly hint?: string
    /** All of them, where there are several, such as the errors of a manifest. */
    readonly problems: readonly ShownProblem[]
    /** With `price-changed`: what it is now. */
    readonly bill?: Bill
  }
}

export type RefusalCode =
  /** 401. The token is missing or of another process: ask for the new address. */
  | 'token'
  /** 403. A foreign origin, or a Host that is not this studio's. */
  | 'forbidden'
  /** 403. `Project.writable` says why. */
  | 'read-only'
  /** 400. */
  | 'malformed'
  /** 404. No such address, image or picture. */
  | 'not-found'
  /** 405. */
  | 'method'
  /** 409. The manifest has changed since the page saw it. Nothing was written. Load the image again. */
  | 'changed'
  /** 409. What would be paid is not what was agreed. Nothing was spent. `bill` is what it is now. */
  | 'price-changed'
  /** 409. A run is under way, and there is one at a time. */
  | 'running'
  /** 413. */
  | 'too-large'
  /** 415. */
  | 'media-type'
  /** 422. The change would break the manifest or has no effect; the budget, mode or a missing key forbids spending. */
  | 'refused'
  /** 429. Too many streams are open. */
  | 'busy'
  /** 500. */
  | 'failed'
