import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { ManifestEdit, Pipeline } from '../../pipeline.ts'
import { readFileIfThere } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { refuse } from '../listener/refused.ts'

/** A file that a change added, which goes when the change is undone. */
export interface AddedFile {
  /** Absolute. */
  readonly file: string
  readonly sha256: string
}

/** What the studio wrote, so that it can be undone until the file changes otherwise. */
export interface UndoList {
  /** @returns the token that takes the change back. */
  remember(edit: ManifestEdit, added?: AddedFile): string
  /**
   * Takes a change back.
   *
   * @returns the change that was made to do so, and the token that takes it back in turn; `null` if nothing does, because
   *   the file that the change added is gone.
   * @throws RefusedError `not-found`.
   * @throws ImagegenError with code `conflict` if a file has changed since; nothing is written then.
   */
  undo(
    token: string,
    pipeline: Pipeline,
  ): Promise<{ readonly back: ManifestEdit; readonly again: string | null }>
}

/** Changes that can be taken back: a person's last hours. */
const MOST = 200

interface Remembered {
  readonly edit: ManifestEdit
  readonly added: AddedFile | undefined
}

export function createUndoList(): UndoList {
  const known = new Map<string, Remembered>()

  function remember(edit: ManifestEdit, added?: AddedFile): string {
    const token = randomUUID()
    known.set(token, { edit, added })
    const [oldest] = known.keys()
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    return token
  }

  return {
    remember,
    async undo(token, pipeline) {
      const found = known.get(token)
      if (found === undefined) throw refuse('not-found', 'That can no longer be undone.')
      const files = found.edit.files.map(({ before, after, ...file }) => ({
        ...file,
        before: after,
        after: before,
      }))
      const back = { ...found.edit, files }
      await pipeline.write(back)
      known.delete(token)
      const isGone = found.added !== undefined && removeAdded(found.added)
      return { back, again: isGone ? null : remember(back) }
    },
  }
}

/** @returns whether it is gone; a file that has changed since is left as it is. */
function removeAdded({ file, sha256: digest }: AddedFile): boolean {
  const bytes = readFileIfThere(file)
  if (bytes !== undefined && sha256(bytes) !== digest) return false
  rmSync(file, { force: true })
  return true
}
