import { chmodSync, readFileSync, statSync } from 'node:fs'
import { ImagegenError } from '../../shared/errors.ts'
import { writeFileAtomic } from '../../shared/files.ts'
import type { FileEdit } from './manifest-edit.ts'

/**
 * Writes the files of an edit, each with its byte order mark and its permissions. If one of them has changed since it was
 * read, nothing is written.
 *
 * @throws ImagegenError with code `conflict`.
 */
export async function writeFiles(files: readonly FileEdit[]): Promise<void> {
  const marks = files.map(byteOrderMark)
  for (const [index, { file, after }] of files.entries()) {
    const { mode } = statSync(file)
    await writeFileAtomic(file, `${marks[index]}${after}`)
    chmodSync(file, mode)
  }
}

/** Returns the file's byte order mark or '', and throws if the file has changed since it was read. */
function byteOrderMark({ file, manifest, before }: FileEdit): string {
  const now = readFileSync(file, 'utf8')
  const mark = now.startsWith('\uFEFF') ? '\uFEFF' : ''
  if (now === `${mark}${before}`) return mark
  throw changedMeanwhile(manifest)
}

/** The error for a manifest that is not as it was seen. */
export function changedMeanwhile(manifest: string): ImagegenError {
  return new ImagegenError('conflict', {
    message: `${manifest} was changed in the meantime. Nothing was written.`,
    hint: 'Look at it again, then repeat the edit.',
  })
}
