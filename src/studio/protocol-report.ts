import type { ImageDetail } from './protocol-image.ts'
import type { PromptPart } from './protocol-records.ts'
import type { ImageId, PictureKey, Project, Tile, TileState, Usd } from './protocol.ts'

/** What the page of a report shows: it is inside the page, as JSON, and there is no server. */
export interface Report {
  readonly project: Project
  /** Every image; with a base, those that changed and are still there. */
  readonly tiles: readonly Tile[]
  readonly images: Readonly<Record<ImageId, ImageDetail>>
  /** The file of each picture, as a path from the page. Keys without a file are nowhere in the report. */
  readonly pictures: Readonly<Record<PictureKey, string>>
  /** What a branch changes; `null`: the project as it is. */
  readonly changes: BranchChanges | null
}

/** What a branch changes against its merge base. */
export interface BranchChanges {
  readonly base: {
    /** As it was named. */
    readonly ref: string
    readonly mergeBase: string
  }
  /** In the order of manifests, then of images; removed ones come last. */
  readonly images: readonly ImageChange[]
  readonly paid: Paid
  /** What is still missing of the images that changed. */
  readonly missing: Missing
  /** What a reader has to know to judge the rest, a sentence each. */
  readonly notes: readonly string[]
}

/** How an image changed, the weightiest first. */
export type ChangeKind =
  | 'added'
  | 'removed'
  /** The prompt. */
  | 'reprompted'
  /** The picture, or what asks for another one. */
  | 'new-picture'
  | 'new-pick'
  /** What is made of the picture: formats, sizes, operations. */
  | 'new-output'
  | 'new-candidates'
  | 'new-alt'
  /** It became missing, outdated, unusable or blocked, or is so no more. */
  | 'new-state'

export interface ImageChange {
  readonly id: ImageId
  readonly name: string
  readonly manifest: string
  readonly kinds: readonly ChangeKind[]
  /** `null`: there was no such image. */
  readonly before: ImageSide | null
  /** `null`: there is no such image any more. */
  readonly after: ImageSide | null
  /** Whether the sides show finished files, because what is made of the picture changed and the picture did not. */
  readonly shows: 'originals' | 'renditions'
  /** Texts and settings that differ. */
  readonly fields: readonly FieldChange[]
  readonly paid: Paid
  readonly missing: Missing
}

export interface FieldChange {
  readonly name: string
  /** `null`: not written. */
  readonly before: string | null
  readonly after: string | null
  /** Of words that changed, in parts that say what did; `null`: the value is another one as a whole. */
  readonly parts: readonly PromptPart[] | null
}

/** An image before or after. */
export interface ImageSide {
  readonly state: TileState
  /** Why it has this state. */
  readonly reason: string
  readonly thumbnail: PictureKey | null
  readonly picture: PictureKey | null
  /** `null`: unknown. */
  readonly width: number | null
  readonly height: number | null
  /** What it is, for people: `candidate 2 of 3`, `6 files, 120 kB`; may be empty. */
  readonly label: string
  /** Why there is no picture. */
  readonly absent: string | null
}

/** What receipts of the branch say. */
export interface Paid {
  /** `null`: the receipts are not in git, so nobody knows. */
  readonly pictures: number | null
  /** `null`: unknown, in part or as a whole. */
  readonly usd: Usd
  /** The prices that are known, together. */
  readonly known: number
  /** Pictures whose price is unknown. */
  readonly unpriced: number
}

export interface Missing {
  readonly pictures: number
  readonly usd: Usd
}
