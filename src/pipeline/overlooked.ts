import path from 'node:path'
import { discoverManifests, manifestPath } from '../manifest/read/discover.ts'
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
 * Tells apart why files with a manifest's name are not read.
 *
 * @param files their paths from the root.
 */
export function leftOutBy(
  files: readonly string[],
  { root, include }: ResolvedOptions,
): { readonly excluded: readonly string[]; readonly elsewhere: readonly string[] } {
  const included = new Set(
    discoverManifests(root, include, []).map((file) => manifestPath(root, file)),
  )
  return {
    excluded: files.filter((file) => included.has(file)),
    elsewhere: files.filter((file) => !included.has(file)),
  }
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
