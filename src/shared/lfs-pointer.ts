/**
 * The first line of the files that Git LFS leaves in place of files that it has not fetched.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export const LFS_POINTER = 'version https://git-lfs.github.com/spec/'

/** The specification says that pointers are shorter. */
const LONGEST_POINTER = 1024

/**
 * Reads a file that may be a Git LFS pointer.
 *
 * @returns the SHA-256 of the bytes that it represents; `undefined` where it is not a pointer.
 */
export function lfsObjectOf(bytes: Uint8Array): string | undefined {
  if (bytes.length >= LONGEST_POINTER) return undefined
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.startsWith(LFS_POINTER)) return undefined
  return /^oid sha256:([0-9a-f]{64})\r?$/m.exec(text)?.[1]
}
