import { statSync } from 'node:fs'
import { inspect } from 'node:util'
import { ImagegenError } from '../shared/errors.ts'
import type { ModuleId } from './module-id.ts'
import type { Session } from './session.ts'
import type { ModuleAnswer, ModuleRefusal } from './turbopack-channel.ts'

/**
 * Answers Turbopack's loaders out of a session.
 *
 * Turbopack has no hook that tells which files were changed: it runs the loaders anew whose files were. So the files that
 * it was told of are looked at whenever a loader asks.
 */
export function answerFrom(
  session: Session,
): (id: ModuleId) => Promise<ModuleAnswer | ModuleRefusal> {
  const stamps = new Map<string, string>()

  function note(files: Iterable<string>): void {
    for (const file of files) if (!stamps.has(file)) stamps.set(file, stampOf(file))
  }

  async function noticeChanges(): Promise<void> {
    const changed = [...stamps].filter(([file, stamp]) => stampOf(file) !== stamp)
    for (const [file] of changed) stamps.set(file, stampOf(file))
    await Promise.all(changed.map(([file]) => session.changed(file)))
  }

  return async (id) => {
    await noticeChanges()
    const { files: surroundings } = session.surroundings()
    const files = new Set([id.file, ...surroundings])
    const watch = (file: string): void => void files.add(file)
    // Before they are read: what is changed meanwhile is found at the next look.
    note(files)
    try {
      const { code, problem } = await session.load(id, watch)
      return { code, problem: problem?.message, files: [...files] }
    } catch (error) {
      const mendable = error instanceof ImagegenError ? await session.mendable(error) : []
      // Of an error of ours the stack is wanted, and would not get through as an error.
      const refused = error instanceof ImagegenError ? error.message : inspect(error)
      return { refused, files: [...files, ...mendable] }
    } finally {
      note(files)
    }
  }
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`
}
