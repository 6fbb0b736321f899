import { createRequire } from 'node:module'
import path from 'node:path'

/**
 * The environment as it was before Next wrote into it what stands in `.env` files: whether a host is used depends on
 * where it comes from, see `readEnvironment`.
 *
 * @param folder Next's, absolute.
 */
export function environmentBeforeNext(folder: string): NodeJS.ProcessEnv {
  const project = createRequire(path.join(folder, 'package.json'))
  // Next's own copy of its package: another one would know of nothing.
  const next = createRequire(project.resolve('next/package.json'))
  const { initialEnv } = next('@next/env') as { initialEnv?: NodeJS.ProcessEnv }
  return initialEnv ?? process.env
}
