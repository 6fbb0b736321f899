import { readdirSync, watch, type FSWatcher } from 'node:fs'
import path from 'node:path'

/** Watches a folder, also one that does not exist yet. */
export interface FollowedFolder {
  close(): void
}

/**
 * Watches a folder, for commands, and for hosts whose own watchers would rebuild for every file below it.
 *
 * @param folder absolute. Files in its subfolders are ignored.
 * @param onChange gets each file that was added, changed or removed, absolute.
 */
export function followFolder(folder: string, onChange: (file: string) => void): FollowedFolder {
  let inside: FSWatcher | undefined

  const look = (): void => {
    if (inside !== undefined) return
    inside = watchIfThere(folder, (name) => onChange(path.join(folder, name)))
    inside?.on('error', forget)
  }
  const forget = (): void => {
    inside?.close()
    inside = undefined
  }
  const above = watchIfThere(path.dirname(folder), (name) => {
    if (name !== path.basename(folder)) return
    // Removed and created again, it is a different folder to the watcher.
    forget()
    look()
    // Files that arrived before the watcher did.
    for (const inIt of namesIn(folder)) onChange(path.join(folder, inIt))
  })
  above?.on('error', () => above.close())
  look()
  return {
    close() {
      above?.close()
      forget()
    },
  }
}

/** An error in a watcher's listener would end the process. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // The folder was removed again, is no folder, or may not be read.
    return []
  }
}

function watchIfThere(folder: string, onName: (name: string) => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, (_, name) => {
      if (name !== null) onName(name)
    })
  } catch {
    // The folder is missing, or the system has no watchers left: the host's next build reads it.
    return undefined
  }
}
