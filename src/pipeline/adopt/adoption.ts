import type { ImageSettings } from '../../manifest/schema/schema.ts'
import type { ResolvedOptions } from '../../options.ts'
import type { Store } from '../../store/store.ts'
import type { ManifestEdit } from '../edit/manifest-edit.ts'
import type { Survey } from '../survey.ts'
import type { Surveyor } from '../surveyor.ts'

/** How a picture is adopted. */
export interface AdoptHow {
  /**
   * `true`: the picture becomes one more candidate of the image's recipe and is picked. `false`: it takes the place of
   * generating, and the prompt becomes a comment.
   */
  readonly keepPrompt: boolean
  /** Where a candidate comes from: made elsewhere, or generated and then edited by hand. */
  readonly origin: 'elsewhere' | 'edited'
  /** Ends the wait for a process that is generating candidates of the same recipe. */
  readonly signal: AbortSignal
  /** Whether all images of a matrix adopt the picture; `false`, the default: one combination alone. */
  readonly wholeEntry?: boolean
  /** Asks before an edit that changes several images. Left out: such an edit is refused. */
  readonly mayChange?: (edit: ManifestEdit) => Promise<boolean>
}

/** What adopting a picture changed. */
export interface Adoption {
  /** The edit of the manifest; `undefined` where it already says what it should. */
  readonly rewritten: ManifestEdit | undefined
  /** The file that the image uses now, from the root or from the store's parent folder. */
  readonly file: string
  /** Whether a file was added. */
  readonly isNew: boolean
  /** The copy of an earlier adoption that was removed, from the root. */
  readonly removed: string | undefined
  /** The project afterwards. */
  readonly survey: Survey
}

/** What adopting needs of the pipeline. */
export interface AdoptAround {
  readonly options: ResolvedOptions
  readonly defaults: ImageSettings
  readonly store: Store
  readonly suppose: Surveyor['suppose']
}
