import { createRequire } from 'node:module'
import path from 'node:path'

/** What Next tells of itself. */
export interface NextPackage {
  readonly version: string
  /**
   * The environment as it was before Next wrote into it what stands in `.env` files: whether a host is used depends on
   * where it comes from, see `readEnvironment`.
   */
  readonly environment: NodeJS.ProcessEnv
}

/** @param folder Next's, absolute. */
export function findNext(folder: string): NextPackage {
  const project = createRequire(path.join(folder, 'package.json'))
  const { version } = project('next/package.json') as { version: string }
  // Next's own copy of its package: another one would know of nothing.
  const next = createRequire(project.resolve('next/package.json'))
  const { initialEnv } = next('@next/env') as { initialEnv?: NodeJS.ProcessEnv }
  return { version, environment: initialEnv ?? process.env }
}

/** Next's version; nothing where Next is not found from its folder, which it does not tell. */
export function nextVersion(folder: string): string | undefined {
  try {
    return findNext(folder).version
  } catch {
    return undefined
  }
}
