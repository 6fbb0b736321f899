import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** This package's version. */
export function release(): string {
  // By its own name: what is built stands elsewhere than what is written.
  const file = createRequire(import.meta.url).resolve('unplugin-imagegen/package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
