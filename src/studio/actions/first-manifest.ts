import path from 'node:path'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { starterManifest } from '../../pipeline/starter-manifest.ts'
import { writeNew } from '../../shared/files.ts'
import { refuse } from '../listener/refused.ts'

/**
 * Writes the first manifest of an empty project, the one that `imagegen init` writes.
 *
 * @throws RefusedError `refused` if there is a manifest already.
 */
export function writeFirstManifest(
  { manifests, problems }: Survey,
  { options: { root } }: Pipeline,
): { readonly file: string; readonly manifest: string } {
  const starter = starterManifest(root)
  const file = path.join(root, starter.file)
  if (manifests.length + problems.size > 0 || !writeNew(file, starter.text)) {
    throw refuse('refused', 'The project has a manifest already.')
  }
  return { file, manifest: starter.file }
}
