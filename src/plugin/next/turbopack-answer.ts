import { statSync } from 'node:fs'
import { inspect } from 'node:util'
import { ImagegenError } from '../../shared/errors.ts'
import type { ModuleId } from '../module-id.ts'
import type { Session } from '../session/session.ts'
import type { ModuleAnswer, ModuleRefusal } from './turbopack-channel.ts'

/**
 * Answers Turbopack's loaders out of a session.
 *
 * Turbopack has no hook that tells which files were changed: it runs the loaders anew whose files were. So the files that
 * it was told of are looked at whenever a loader asks.
 *
 * Where a loader throws, Turbopack ends its process and starts another, and does so for each module of each compiler. So a
 * dev server is given what was wrong beside the module that it had before: the error is shown at once, not after seconds,
 * and the page goes on from there when it is mended.
 */
export function answerFrom(
  session: Session,
  { isBuild }: { readonly isBuild: boolean },
): (id: ModuleId) => Promise<ModuleAnswer | ModuleRefusal> {
  const stamps = new Map<string, string>()
  const sound = new Map<string, string>()

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
      if (!isBuild) sound.set(nameOf(id), code)
      return { code, problem: problem?.message, files: [...files] }
    } catch (error) {
      const mendable = error instanceof ImagegenError ? await session.mendable(error) : []
      // Of an error of ours the stack is wanted, and would not get through as an error.
      const refused = error instanceof ImagegenError ? error.message : inspect(error)
      const hangsOn = [...files, ...mendable]
      const code = sound.get(nameOf(id))
      return code === undefined
        ? { refused, files: hangsOn }
        : { code, problem: refused, files: hangsOn }
    } finally {
      note(files)
    }
  }
}

function nameOf({ file, image }: ModuleId): string {
  return JSON.stringify([file, image])
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`
}
