import path from 'node:path'
import { imageModule, imageQuery, manifestModule, type AssetUrlOf } from '../../emit/module.ts'
import type { ModuleId } from '../module-id.ts'
import { printableError } from '../plain-error.ts'
import type { Loaded } from '../session/load-module.ts'

/**
 * The modules of an image and of a manifest in which everything occurs that this host may emit.
 *
 * @param folder of the manifest and its renditions, absolute.
 */
export function sampleCode(
  folder: string,
  urlOf: (folder: string) => AssetUrlOf,
  requestOf?: (specifier: string) => string,
): string {
  const renditions = (['avif', 'webp'] as const).flatMap((format) =>
    [8, 16].map((width) => {
      const file = path.join(folder, `kira-${width}.${format}`)
      return { format, width, height: width, file, bytes: 1, sha256: '' }
    }),
  )
  const rendered = { renditions, blurDataURL: 'data:,', color: '#123456' }
  const entries = [
    { name: 'kira-at-night', exportName: 'kiraAtNight' },
    { name: '1', exportName: undefined },
  ]
  const samples: readonly Loaded[] = [
    { kind: 'image', alt: 'Kira', rendered, files: [] },
    { kind: 'manifest', entries, files: [] },
  ]
  const id = { file: path.join(folder, 'cast.image.yaml'), image: undefined }
  return samples.map((loaded) => moduleCode(id, loaded, urlOf(folder), requestOf)).join('\n')
}

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
