import path from 'node:path'
import { overlookedManifests, type Overlooked } from '../manifest/read/misnamed.ts'
import { resolveOptions, type ResolvedOptions } from '../options.ts'
import { findRoot, findWorkspaceRoot } from '../options/root.ts'
import type { Survey } from './survey.ts'

type Environment = Parameters<typeof resolveOptions>[0]['environment']

/** Files below the root that look like manifests, but that the project does not read. */
export function overlookedBy({ manifests, styles }: Survey, { root }: ResolvedOptions): Overlooked {
  const read = [...manifests, ...styles]
  return overlookedManifests(root, new Set(read.map(({ file }) => file)))
}

/**
 * Returns the absolute roots of other workspace packages that use the same store.
 *
 * A package whose configuration cannot be loaded counts, because it might use the store.
 */
export async function packagesSharingStore(
  { manifests }: Survey,
  { root, storeDir }: ResolvedOptions,
  environment: Environment,
): Promise<string[]> {
  const workspace = findWorkspaceRoot(root)
  const found = new Set(manifests.map(({ file }) => file))
  const { notIncluded } = overlookedManifests(workspace, found)
  const roots = new Set(
    notIncluded.map((file) => findRoot(path.dirname(path.join(workspace, file))).root),
  )
  roots.delete(root)
  const sharing: string[] = []
  for (const start of [...roots].sort()) {
    const context = { start, inline: { types: false }, mode: 'production', isBuild: false }
    const other = await resolveOptions({ ...context, environment }).catch(() => undefined)
    if (other === undefined || other.storeDir === storeDir) sharing.push(start)
  }
  return sharing
}
