import type { ImageId, PictureKey, PictureOrigin, Time, Usd } from './protocol.ts'

/** What one image was asked for before and what came of it, a recipe each, the newest first. */
export interface HistoryPage {
  readonly revision: number
  /** The digest of the manifest's file. A change sends it back. */
  readonly digest: string
  /** How many steps there are in all. */
  readonly total: number
  readonly steps: readonly HistoryStep[]
  /** The `after` of the next page; `null`: this was the last. */
  readonly next: string | null
}

/** Everything that was paid for under one recipe. */
export interface HistoryStep {
  /** The recipe's key. */
  readonly key: string
  /** Whether the image asks for exactly this now. */
  readonly isNow: boolean
  /** When its newest picture arrived. */
  readonly time: Time
  /** The prompt that was sent, in parts that say what changed since the step before it in time. */
  readonly prompt: readonly PromptPart[]
  /** What else changed since then, in words: `seed: 7`, `size: 16:9`, `model: image-02`. */
  readonly changes: readonly string[]
  /** The usable pictures, the newest first. */
  readonly pictures: readonly PastPicture[]
  /** Paid answers that cannot be used, the newest first. */
  readonly unusable: ReadonlyArray<{ readonly time: Time; readonly usd: Usd; readonly why: string }>
}

export interface PromptPart {
  readonly text: string
  /** `removed`: only the step before has it. */
  readonly is: 'same' | 'added' | 'removed'
}

/** One original, with what its receipt says. */
export interface StoredOriginal {
  readonly sha256: string
  readonly time: Time
  readonly usd: Usd
  readonly seed: number | null
  readonly origin: PictureOrigin
  readonly width: number
  readonly height: number
  readonly bytes: number
  readonly mediaType: string
  /** `null`: its bytes are not here. */
  readonly thumbnail: PictureKey | null
  readonly picture: PictureKey | null
}

export interface PastPicture extends StoredOriginal {
  /** Whether the image shows it now. */
  readonly inUse: boolean
}

/** What was spent, from the receipts that are here, also from those in the trash. */
export interface SpendPage {
  readonly revision: number
  readonly total: Spent
  /** `2026-11`, in UTC, the newest first. */
  readonly months: readonly SpentOn[]
  /** Provider and model, the dearest first. */
  readonly models: readonly SpentOn[]
  /** Manifests by their path from the root, the dearest first; `null`: no receipt names one. In pages. */
  readonly manifests: readonly SpentOnManifest[]
  readonly manifestCount: number
  /** The `after` of the next manifests; `null`: these were the last. */
  readonly next: string | null
  /** Adopted pictures, which cost nothing and are in none of the sums. */
  readonly adopted: number
  /** Files of the store that may be receipts and cannot be read: their money is unknown. */
  readonly unreadable: number
  /** Whether receipts may be in a remote that was not asked for them. */
  readonly hasRemote: boolean
}

/** A sum over receipts. */
export interface Spent {
  /** Pictures that can be used. */
  readonly pictures: number
  /** Paid answers that cannot be used. They are in `usd` and `unpriced` too. */
  readonly unusable: number
  /** Of those with a price; `null`: none of them has one. */
  readonly usd: Usd
  /** Pictures, usable or not, whose price is unknown. They are not in `usd`. */
  readonly unpriced: number
}

export interface SpentOn extends Spent {
  readonly name: string
}

export interface SpentOnManifest extends Spent {
  readonly name: string | null
  /** Whether the manifest is there now. */
  readonly isThere: boolean
}

/** Originals that no manifest asks for, or those in the trash, the newest first. */
export interface LeftOverPage {
  readonly revision: number
  readonly total: number
  /** Bytes of all of them. */
  readonly bytes: number
  readonly originals: readonly LeftOver[]
  /** The `after` of the next page; `null`: this was the last. */
  readonly next: string | null
  /** How many there are in the other place. */
  readonly elsewhere: number
}

export type LeftOverPlace = 'store' | 'trash'

/** Names an original: its recipe's key, a dot, and the sha256 of its bytes. */
export type OriginalId = string

export interface LeftOver extends StoredOriginal {
  readonly original: OriginalId
  readonly key: string
  /** The name that the image had. */
  readonly name: string
  /** The image that asked for it, where there still is one, and the digest of its manifest. */
  readonly image: { readonly id: ImageId; readonly digest: string } | null
  /** The id that the receipt names; `null`: it is older than ids in receipts. */
  readonly entry: string | null
  /** `null`: the receipt does not say. */
  readonly prompt: string | null
  readonly model: string
}

export interface MoveRequest {
  /** At most 30,000. */
  readonly originals: readonly OriginalId[]
}

/** Originals were moved to the trash, or back. */
export interface Moved {
  readonly moved: number
  readonly revision: number
  /** What happened, in one sentence, for the live region. */
  readonly said: string
}
