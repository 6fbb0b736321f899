import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseModuleId, type ModuleId } from '../module-id.ts'
import { plainError } from '../plain-error.ts'
import { askChannel, type ModuleAnswer, type ModuleRefusal } from './turbopack-channel.ts'
import { TURBOPACK_LOADER } from './turbopack-facts.ts'

/** The part of webpack's loader context in Turbopack that is used here. */
export interface LoaderContext {
  /** The file with its query. */
  readonly resource: string
  /** Next's folder. */
  readonly rootContext: string
  getOptions(): LoaderOptions
  addDependency(file: string): void
  emitError(error: Error): void
}

/** Plain JSON, as Turbopack requires. */
export interface LoaderOptions {
  /** A rendition whose bytes to return, relative to the loader's folder. */
  readonly rendition?: string
  /** The folder with the address of Next's process, absolute. */
  readonly channel?: string
  /** Turbopack does not notice a new version of a loader: the release invalidates what it cached before. */
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
  if (answer !== undefined) return answer
  // Loaded only if needed: Turbopack starts new processes for loaders often.
  const { answerAlone } = await import('./turbopack-alone.ts')
  return answerAlone(id, context.rootContext)
}
