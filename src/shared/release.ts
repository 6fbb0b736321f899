import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** This package's version. */
export function release(): string {
  // Resolved by the package's own name: built files are in another folder than the sources.
  const file = createRequire(import.meta.url).resolve('unplugin-imagegen/package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
