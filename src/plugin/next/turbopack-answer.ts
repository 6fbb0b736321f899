import { statSync } from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'
import { ImagegenError } from '../../shared/errors.ts'
import type { ModuleId } from '../module-id.ts'
import type { Session } from '../session/session.ts'
import { moduleCode } from '../hosts/module-code.ts'
import type { ModuleAnswer, ModuleRefusal } from './turbopack-channel.ts'
import { turbopackUrl } from './turbopack-facts.ts'

/**
 * Answers Turbopack's loaders from a session.
 *
 * Turbopack has no hook that reports changed files: it reruns the loaders of changed files. So each request checks the
 * files that Turbopack was told of.
 *
 * If a loader throws, Turbopack ends its process and starts another, for each module of each compiler. So a dev server
 * gets the error beside the module's previous code: the error shows at once instead of after seconds, and the page goes on
 * from there once it is fixed.
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
    // Noted before they are read: an edit meanwhile is found the next time.
    note(files)
    const loaded = await session.load(id)
    for (const file of loaded.files) files.add(file)
    note(files)
    if (loaded.kind === 'failed') return refuse(id, loaded.error, files)
    const code = moduleCode(id, loaded, turbopackUrl(path.dirname(id.file)))
    if (!isBuild) sound.set(nameOf(id), code)
    const problem = loaded.kind === 'image' ? loaded.problem?.message : undefined
    return { code, problem, files: [...files] }
  }

  async function refuse(
    id: ModuleId,
    error: unknown,
    known: Iterable<string>,
  ): Promise<ModuleAnswer | ModuleRefusal> {
    const isOurs = error instanceof ImagegenError
    const files = [...known, ...(isOurs ? await session.mendable(error) : [])]
    // The stack of a bug would not get through the channel inside an error.
    const refused = isOurs ? error.message : inspect(error)
    const code = sound.get(nameOf(id))
    return code === undefined ? { refused, files } : { code, problem: refused, files }
  }
}

function nameOf({ file, image }: ModuleId): string {
  return JSON.stringify([file, image])
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`
}
