import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const oxfmt = path.join(import.meta.dirname, '../node_modules/.bin/oxfmt')

/**
 * A text as a formatter with Prettier's defaults writes it: oxfmt, which follows Prettier and differs in one default.
 * Prettier itself is installed by the system tests.
 *
 * @param name decides the language.
 */
export function formatted(name: string, text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'imagegen-formatted-'))
  try {
    writeFileSync(path.join(folder, '.oxfmtrc.json'), '{ "printWidth": 80 }')
    const file = path.join(folder, name)
    writeFileSync(file, text)
    execFileSync(oxfmt, [name], { cwd: folder, stdio: 'pipe' })
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
