import type {
  ImageId,
  PictureKey,
  PictureOrigin,
  ShownProblem,
  Tile,
  TileState,
  Time,
  Usd,
} from './protocol.ts'

/** Everything about one image. */
export interface ImageDetail {
  readonly revision: number
  readonly tile: Tile
  /** The digest of the manifest's file. A change sends it back. */
  readonly digest: string
  /** By number: the first is `pick: 1`. */
  readonly candidates: readonly Candidate[]
  /** The picture in use, whole: that of the candidate, or of the hand-made file; `null`: no picture. */
  readonly picture: PictureKey | null
  /** The values of the image's combination, `{ season: 'winter' }`; `null`: no matrix. */
  readonly combination: Readonly<Record<string, string>> | null
  /** How many images share the fields in the manifest: more than 1 for a matrix. */
  readonly sharing: number
  /** What can be edited here; `null`: a hand-made file, of which only `alt` can. */
  readonly prompt: EditableField<string>
  readonly alt: EditableField<string>
  readonly seed: EditableField<number>
  readonly aspectRatio: EditableField<string>
  readonly size: EditableField<string>
  /** The other settings, in words, in the order to show: model, n, revision, provider options, process, output. */
  readonly settings: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly references: readonly ShownReference[]
  readonly referredBy: readonly LinkedImage[]
  /** The receipt of the picture in use; `null`: no picture. */
  readonly receipt: ShownReceipt | null
  /** The lines of the image in its manifest. */
  readonly source: {
    /** From 1. */
    readonly firstLine: number
    readonly text: string
  }
  /** The errors of its manifest, if there are any. */
  readonly problems: readonly ShownProblem[]
  /** The price of one more candidate. */
  readonly usdOfOne: Usd
}

export interface EditableField<Value extends string | number> {
  /** As it is in effect: a prompt after substitution. */
  readonly value: Value | null
  /** As it is written, in the image or in what it inherits from: a prompt with `${…}`. The text to edit. */
  readonly written: Value | null
  /** Where it is written. `unset`: nowhere. */
  readonly from: 'image' | 'override' | 'inherited' | 'unset'
  /** Whether the image can have it at all. */
  readonly editable: boolean
}

/** One original of an image. */
export interface Candidate {
  /** What `pick:` says for it, from 1. */
  readonly number: number
  readonly sha256: string
  readonly picked: boolean
  readonly seed: number | null
  readonly time: Time
  readonly origin: PictureOrigin
  readonly width: number
  readonly height: number
  readonly bytes: number
  readonly mediaType: string
  /** `null`: its bytes are not here. */
  readonly thumbnail: PictureKey | null
  /** `null`: its bytes are not here. */
  readonly picture: PictureKey | null
  /** Why its bytes are not here. */
  readonly absent: string | null
}

export type ShownReference = {
  /** What the model should keep, such as `character`. */
  readonly type: string | null
  readonly thumbnail: PictureKey | null
} & (
  | {
      readonly kind: 'image'
      readonly id: ImageId
      readonly name: string
      readonly state: TileState
    }
  /** A path from the root. */
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'url'; readonly url: string }
)

export interface LinkedImage {
  readonly id: ImageId
  readonly name: string
  readonly state: TileState
  readonly thumbnail: PictureKey | null
}

/** What was paid for, and when. */
export interface ShownReceipt {
  readonly provider: string
  readonly model: string
  readonly responseId: string | null
  readonly time: Time
  readonly usd: Usd
  readonly sha256: string
  /** The recipe's key. */
  readonly key: string
  readonly seed: number | null
  /** The path from the root. */
  readonly file: string
}

/** The finished files of an image. */
export interface Renditions {
  readonly renditions: readonly ShownRendition[]
  /** The files of what it shows for its media, in order. */
  readonly media: ReadonlyArray<{
    /** The media query. */
    readonly media: string
    /** The other image that is shown; `null`: the image itself. */
    readonly image: ImageId | null
    readonly renditions: readonly ShownRendition[]
  }>
  /** Why there are none. */
  readonly problem: ShownProblem | null
}

export interface ShownRendition {
  readonly format: string
  readonly width: number
  readonly height: number
  readonly bytes: number
  readonly picture: PictureKey
}
