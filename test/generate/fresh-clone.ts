import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** What git would bring to another machine: the store without what one machine keeps for itself. */
export function freshClone(root: string): string {
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-clone-')))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(root, copy, {
    recursive: true,
    filter: (file) => !/\.imagegen[/\\](?:pending|locks|quarantine|trash|types)/.test(file),
  })
  return copy
}
