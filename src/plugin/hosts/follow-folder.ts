import { existsSync, readdirSync, watch, type FSWatcher } from 'node:fs'
import path from 'node:path'

/** Hears of what comes into a folder, also of one that is not there yet. */
export interface FollowedFolder {
  close(): void
}

/**
 * For hosts whose own watchers would take every file below a folder for a reason to build again.
 *
 * @param folder absolute. Its own files count, not those of folders in it.
 * @param onChange told of a file that was added, changed or removed, absolute.
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
    // Removed and made again it is another folder.
    forget()
    look()
    // What came before anybody looked.
    const names = existsSync(folder) ? readdirSync(folder) : []
    for (const inIt of names) onChange(path.join(folder, inIt))
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

function watchIfThere(folder: string, onName: (name: string) => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, (_, name) => {
      if (name !== null) onName(name)
    })
  } catch {
    // Not there, or no more watchers to be had: the next build of the host sees what is there.
    return undefined
  }
}
