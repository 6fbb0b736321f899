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
  /** The folder with the address of Next's process, absolute; `withImagegen` sets it. */
  readonly channel?: string
  /** Turbopack does not notice a new version of a loader: the release invalidates what it cached before. */
  readonly release?: string
}

/** Only the wrapper sees what a build writes, and refuses a manifest in it. */
const NOT_WRAPPED = [
  'The loader `unplugin-imagegen/turbopack` was set up by hand: nothing would keep prompts out of the output.',
  "  → Remove its rule from next.config, and wrap the configuration: `import { withImagegen } from 'unplugin-imagegen/next'`, `export default withImagegen(nextConfig)`.",
].join('\n')

/** Gives Turbopack the module of a manifest or of one of its images, or the bytes of a rendition. */
export async function loadForTurbopack(context: LoaderContext): Promise<string | Buffer> {
  const { rendition } = context.getOptions()
  if (rendition !== undefined)
    return readFile(path.resolve(path.dirname(TURBOPACK_LOADER), rendition))
  if (context.getOptions().channel === undefined) throw plainError(NOT_WRAPPED)
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
