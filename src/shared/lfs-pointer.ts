/**
 * How the files begin that Git LFS leaves in place of what it has not fetched.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export const LFS_POINTER = 'version https://git-lfs.github.com/spec/'

/** Pointers are shorter, says the specification. */
const LONGEST_POINTER = 1024

/**
 * Reads a file that may be a pointer of Git LFS.
 *
 * @returns the SHA-256 of the bytes that it stands for; nothing where it is no pointer.
 */
export function lfsObjectOf(bytes: Uint8Array): string | undefined {
  if (bytes.length >= LONGEST_POINTER) return undefined
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.startsWith(LFS_POINTER)) return undefined
  return /^oid sha256:([0-9a-f]{64})\r?$/m.exec(text)?.[1]
}
