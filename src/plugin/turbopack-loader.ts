import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseModuleId, type ModuleId } from './module-id.ts'
import { createSession } from './session.ts'
import { answerFrom } from './turbopack-answer.ts'
import { askChannel, type ModuleAnswer, type ModuleRefusal } from './turbopack-channel.ts'
import { TURBOPACK_LOADER, turbopackFacts } from './turbopack-facts.ts'

/** What Turbopack has of webpack's loader context, as far as it is used here. */
export interface LoaderContext {
  /** The file with its query. */
  readonly resource: string
  /** Next's folder. */
  readonly rootContext: string
  getOptions(): LoaderOptions
  addDependency(file: string): void
  emitError(error: Error): void
}

/** Plain JSON, as Turbopack wants it. */
export interface LoaderOptions {
  /** A rendition whose bytes are asked for, from the loader's folder. */
  readonly rendition?: string
  /** The folder in which Next's own process can be found, absolute. */
  readonly channel?: string
  /** Turbopack does not see when a loader becomes another: what it has kept of an earlier release is of no use. */
  readonly release?: string
}

/** Gives Turbopack the module of a manifest or of one of its images, or the bytes of a rendition. */
export async function loadForTurbopack(context: LoaderContext): Promise<string | Buffer> {
  const { rendition } = context.getOptions()
  if (rendition !== undefined)
    return readFile(path.resolve(path.dirname(TURBOPACK_LOADER), rendition))
  const id = parseModuleId(context.resource)
  if (id === undefined) throw plainError(`${context.resource} is no manifest.`)
  const answer = await answerTo(id, context)
  for (const file of answer.files) context.addDependency(file)
  if ('refused' in answer) throw plainError(answer.refused)
  if (answer.problem !== undefined) context.emitError(plainError(answer.problem))
  return answer.code
}

async function answerTo(
  id: ModuleId,
  context: LoaderContext,
): Promise<ModuleAnswer | ModuleRefusal> {
  const { channel } = context.getOptions()
  const answer = channel === undefined ? undefined : await askChannel(channel, id)
  return answer ?? answerAlone(id, context.rootContext)
}

/** Where Next's configuration is not wrapped nobody has agreed to anything: what is in the store is shown. */
async function answerAlone(id: ModuleId, folder: string): Promise<ModuleAnswer | ModuleRefusal> {
  const session = createSession(undefined, {
    ...turbopackFacts(folder, true),
    mode: process.env['NODE_ENV'] ?? 'production',
    keepsModules: false,
  })
  try {
    return await answerFrom(session)(id)
  } finally {
    session.close()
  }
}

/** Turbopack prints the stack of whatever it catches. */
function plainError(message: string): Error {
  const error = new Error(message)
  error.stack = message
  return error
}
