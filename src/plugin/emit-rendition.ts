import { readFileSync } from 'node:fs'
import path from 'node:path'
import { toPosix } from '../shared/files.ts'

/** A host of Rollup's kind, which is given its files. */
export interface Emitter {
  emitFile(asset: {
    type: 'asset'
    name: string
    originalFileName: string
    source: Uint8Array
  }): string
}

/**
 * Emits a rendition, by the name that it has.
 *
 * @param root which the names of original files start from.
 * @returns the reference by which code may name it.
 */
export function emitRendition(file: string, emitter: Emitter, root: string): string {
  return emitter.emitFile({
    type: 'asset',
    name: path.basename(file),
    originalFileName: toPosix(path.relative(root, file)),
    source: readFileSync(file),
  })
}
