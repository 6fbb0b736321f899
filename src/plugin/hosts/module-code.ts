import path from 'node:path'
import { imageModule, imageQuery, manifestModule, type AssetUrlOf } from '../../emit/module.ts'
import type { ModuleId } from '../module-id.ts'
import { printableError } from '../plain-error.ts'
import type { Loaded } from '../session/load-module.ts'

/**
 * The code of a module.
 *
 * @param urlOf how the host spells a rendition's URL.
 * @param requestOf how the host spells a path in an import, if it has a spelling of its own.
 * @throws the error of a module that could not be loaded, fit for a terminal.
 */
export function moduleCode(
  { file }: ModuleId,
  loaded: Loaded,
  urlOf: AssetUrlOf,
  requestOf: (specifier: string) => string = (specifier) => specifier,
): string {
  switch (loaded.kind) {
    case 'failed':
      throw printableError(loaded.error)
    case 'manifest': {
      const manifest = requestOf(`./${path.basename(file)}`)
      return manifestModule(loaded.entries, (name) => `${manifest}${imageQuery(name)}`)
    }
    case 'image':
      return imageModule(loaded.alt, loaded.rendered, urlOf)
    default:
      return loaded satisfies never
  }
}
