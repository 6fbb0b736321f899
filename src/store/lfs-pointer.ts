/**
 * How the files begin that Git LFS leaves in place of what it has not fetched.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export const LFS_POINTER = 'version https://git-lfs.github.com/spec/'
