import path from 'node:path'

const NAME = 'unplugin-imagegen'

/** What is used of a compiler of webpack. */
interface Compiler {
  readonly hooks: {
    readonly thisCompilation: {
      tap(name: string, run: (compilation: Compilation) => void): void
    }
  }
}

interface Compilation {
  readonly hooks: { readonly processAssets: { tap(name: string, run: () => void): void } }
  getAssets(): ReadonlyArray<{
    readonly name: string
    readonly info: { readonly sourceFilename?: string | undefined }
  }>
  renameAsset(name: string, newName: string): void
}

/** A rendition in the cache; the query is Next's sign, see `nextWebpackUrl`. */
const RENDITION = /[/\\]renditions[/\\][\w-]+-[0-9a-f]{16}\.\w+(?:\?imagegen)?$/

/**
 * Next's compiler for the server writes its assets where no browser gets at them, and what only server components use is
 * written by no other compiler. Their URLs are right as they are.
 *
 * @param toPublic from the folder of the server's output to that of Next's, with `/`.
 */
export function publicRenditions(toPublic: string): { apply(compiler: Compiler): void } {
  return {
    apply(compiler) {
      compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
        compilation.hooks.processAssets.tap(NAME, () => {
          for (const { name, info } of compilation.getAssets()) {
            if (!RENDITION.test(info.sourceFilename ?? '')) continue
            compilation.renameAsset(name, path.posix.join(toPublic, name))
          }
        })
      })
    },
  }
}
