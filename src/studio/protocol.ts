/*
 * What the studio's page and its server say to each other. Types only, so that both sides import them and nothing runs:
 * here the whole, `protocol-image.ts` one image, `protocol-actions.ts` what is asked for and done, `protocol-records.ts`
 * what was paid for. Everything is JSON, except pictures, the body of an adoption and the stream of events (a JSON value
 * a line).
 *
 * Addresses. The studio has an origin of its own: `http://127.0.0.1:PORT/#token=<token>`. The page reads the token from
 * the fragment, keeps it in memory, and sends it as the header `x-imagegen-token` on every request below `/api/1/`.
 * Pictures have no header: their addresses begin with `Project.pictures`, a random path that is good for reading only.
 *
 *     GET  /                                     the page; needs no token
 *     GET  /api/1/project                        Project
 *     GET  /api/1/wall?after=&limit=&since=      WallPage
 *     GET  /api/1/image?id=                      ImageDetail
 *     GET  /api/1/renditions?id=                 Renditions (renders what the cache lacks, so it may take seconds)
 *     GET  /api/1/plan?after=&limit=             PlanPage
 *     GET  /api/1/history?id=&after=&limit=      HistoryPage
 *     GET  /api/1/spend?after=&limit=            SpendPage
 *     GET  /api/1/left-over?place=&after=&limit= LeftOverPage; `place` is store or trash
 *     GET  /api/1/events                         a stream of StudioEvent, one JSON value a line
 *     GET  <Project.pictures>/<PictureKey>       a picture: `.../thumb-…` is at most 320 px, the others are whole
 *
 *     POST /api/1/bill      BillRequest          Bill: the price of generating some images; spends nothing
 *     POST /api/1/generate  GenerateRequest      Started
 *     POST /api/1/stop      {}                   Stopping
 *     POST /api/1/check     ChangeRequest        ChangeCheck: what a change would do; writes nothing
 *     POST /api/1/change    ChangeRequest        Written
 *     POST /api/1/adopt?id=&digest=&how=&name=   Written; the body is the file, `application/octet-stream`
 *     POST /api/1/undo      UndoRequest          Written
 *     POST /api/1/manifest  {}                   FirstManifest
 *     POST /api/1/trash     MoveRequest          Moved
 *     POST /api/1/restore   MoveRequest          Moved
 *     POST /api/1/open      OpenRequest          Opened
 *
 * Every POST has `content-type: application/json` (but `adopt`), and the studio's own `Origin`, which browsers add. All
 * of them are refused (403, `read-only`) while `Project.writable` is not true. Any answer but 2xx is a Refusal.
 */

/** The version in the addresses. A page and a server of different versions do not talk. */
export type ProtocolVersion = 1

/** The part of a picture's address after `Project.pictures` and a slash. Made by the server; never put together. */
export type PictureKey = string

/** US dollars; `null`: unknown, and so not 0. */
export type Usd = number | null

/** An ISO time in UTC, with milliseconds. */
export type Time = string

/** The address of an image: `<path of the manifest>#<name>`, or the path alone. */
export type ImageId = string

/** The states of an image, as everywhere in this project. */
export type TileState = 'current' | 'outdated' | 'missing' | 'unusable' | 'unavailable' | 'blocked'

/** One problem: what, where, and what to do now. */
export interface ShownProblem {
  readonly message: string
  readonly hint?: string
  /** Lines to write, below the hint. */
  readonly example?: readonly string[]
  readonly place?: {
    /** The path from the root. */
    readonly file: string
    /** From 1. */
    readonly line: number
    /** From 1. */
    readonly column: number
    /** The lines around it, with a caret; may be empty. */
    readonly frame: string
  }
}

/** The project as a whole. Load it first, and again when an event says that it changed. */
export interface Project {
  readonly protocol: ProtocolVersion
  /** The version of the package. */
  readonly release: string
  /** Random, once a process. Another value: the server was started again. */
  readonly process: string
  /** The name of the root's folder. */
  readonly name: string
  /** Increases with every change that the studio saw. */
  readonly revision: number
  /** Where pictures are: `/<random>/p`. The address of a picture is this, a slash and its key. */
  readonly pictures: string
  /** Whether something can be written and spent, or why not. */
  readonly writable: true | ReadOnlyReason
  /** Whether the server can open an editor. */
  readonly editor: boolean
  /** The images by state. */
  readonly states: Readonly<Record<TileState, number>>
  readonly images: number
  /** Manifests with errors. Their images may be absent from the wall; the others go on. */
  readonly broken: readonly BrokenManifest[]
  /** The model names of the images, for the filter. */
  readonly models: readonly string[]
  /** The most bytes of an adopted file. */
  readonly largestUpload: number
  /** The run under way, or the last one. */
  readonly run: RunState | null
}

export type ReadOnlyReason =
  /** Started with `--read-only`. */
  | 'asked'
  /** The page comes through another machine or a proxy. */
  | 'not-loopback'

export interface BrokenManifest {
  /** The path from the root. */
  readonly manifest: string
  readonly problems: readonly ShownProblem[]
}

/**
 * A part of the wall, in the order of manifests, then of images. To load everything: leave `since` out, and follow
 * `next`. To follow changes: `since` with the last revision, following `next` as well; it answers with the tiles that
 * changed and the ids that are gone.
 */
export interface WallPage {
  /** The revision that this answer shows. */
  readonly revision: number
  /** How many tiles there are in all, or in all that changed. */
  readonly total: number
  readonly tiles: readonly Tile[]
  /** With `since`: images that are no longer there. On the first page only. */
  readonly gone: readonly ImageId[]
  /** The `after` of the next page; `null`: this was the last. */
  readonly next: string | null
}

/** One image on the wall. */
export interface Tile {
  readonly id: ImageId
  readonly name: string
  /** The manifest's path from the root: the group. */
  readonly manifest: string
  /** Its place among the images of its manifest, from 0. Sort by `manifest`, then by this. */
  readonly index: number
  readonly state: TileState
  /** Why it has this state: `prompt changed`, `1 of 4 candidates`. */
  readonly reason: string
  /** A picture of at most 320 px; `null`: nothing to show. A new picture has a new key. */
  readonly thumbnail: PictureKey | null
  /**
   * Of the original in use, else what the model is expected to draw; of a hand-made file, once its thumbnail was asked
   * for. `null`: unknown.
   */
  readonly width: number | null
  readonly height: number | null
  /** How many candidates there are. */
  readonly candidates: number
  /** How many there have to be. */
  readonly wanted: number
  /** The number of the candidate in use, from 1; 0: a hand-made file, or one that is not there. */
  readonly pick: number
  /** What is missing costs this; 0: nothing is missing. */
  readonly usd: Usd
  /** The model's name in the options; `null`: a hand-made file. */
  readonly model: string | null
  /** `null`: not written, which is a warning; `""`: decoration. */
  readonly alt: string | null
  /** After substitution; `null`: a hand-made file. */
  readonly prompt: string | null
  /** When the original in use arrived. */
  readonly time: Time | null
  readonly origin: PictureOrigin | null
}

/** Where a picture comes from: the provider, an adopted file, one edited by hand, a file that `source` names. */
export type PictureOrigin = 'provider' | 'elsewhere' | 'edited' | 'source'

/** A run, under way or over. */
export interface RunState {
  readonly number: number
  /** Who began it: this studio, or the dev server by itself. */
  readonly by: 'studio' | 'dev-server'
  readonly phase: 'running' | 'stopping' | 'done'
  readonly started: Time
  /** Images of the run, those that wait included. */
  readonly total: number
  readonly stored: number
  readonly failed: number
  /** Milliseconds until it is over; `null`: unknown. */
  readonly remaining: number | null
  /** What ended it before its end, if anything did. */
  readonly problem: ShownProblem | null
  readonly images: readonly ImageProgress[]
}

/** How far an image of a run is. */
export type ImageProgress = { readonly id: ImageId } & (
  | { readonly at: 'waiting'; readonly for: WaitingFor; readonly until: Time | null }
  | { readonly at: 'asked'; readonly since: Time; readonly pictures: number }
  /** The provider's words; it is tried again. */
  | { readonly at: 'retrying'; readonly words: string }
  | { readonly at: 'arrived' }
  | { readonly at: 'stored' }
  | { readonly at: 'failed'; readonly code: string; readonly problem: ShownProblem }
  | { readonly at: 'not-asked' }
)

export type WaitingFor =
  /** Its turn, or an image that it refers to. */
  | { readonly what: 'turn' }
  | { readonly what: 'rate-limit'; readonly perMinute: number | null }
  | { readonly what: 'another-process' }

/** A line of the stream. The first is a `hello`; a `beat` comes at least every 10 seconds. */
export type StudioEvent =
  | {
      readonly type: 'hello'
      /** Compare with `Project.process`. */
      readonly process: string
      readonly revision: number
      readonly run: RunState | null
    }
  /** Something in the project changed: ask for the wall since the revision that you have. */
  | {
      readonly type: 'changed'
      readonly revision: number
      /** The images; `null`: more than 200. */
      readonly ids: readonly ImageId[] | null
      /** Whether `Project` changed in more than its revision. */
      readonly project: boolean
    }
  /** A run began, changed its phase, or its counts. Without its images. */
  | { readonly type: 'run'; readonly run: Omit<RunState, 'images'> }
  | { readonly type: 'progress'; readonly progress: ImageProgress }
  /** Until the project was read once: how many of its manifests are. */
  | { readonly type: 'reading'; readonly read: number; readonly of: number }
  /** Words of a model or of the server that a person should see once. */
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'beat' }
