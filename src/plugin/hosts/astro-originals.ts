import path from 'node:path'
import type { Plugin } from 'vite'
import { MANIFEST_ID } from '../module-id.ts'

/** The part of Astro's private image state that this file uses. */
interface AstroAssets {
  /** Files that pages show as they are. Astro removes other originals of `<Image>` once it has made its own sizes of them. */
  readonly referencedImages?: Set<string>
}

/** The start of the module of one image, whose members are in the order of `GeneratedImage`. */
const IMAGE_MODULE = /^export default (?=\{\s*src:)/m

/**
 * `<Image src={kira}>` derives images from an original, which then lies in the output without being on any page. Astro
 * removes it if the value names its file, hands `<Image>` a copy, and records when a page reads its URL. Astro does the
 * same for images that are imported.
 *
 * Files are identified by their names, which hold two hashes: the output must not contain paths of the machine.
 *
 * @param pagesOf where pages are rendered: `static` during the build.
 * @see https://github.com/withastro/astro/blob/main/packages/astro/src/assets/utils/proxy.ts
 * @see https://github.com/withastro/astro/blob/main/packages/astro/src/assets/build/generate.ts
 */
export function astroOriginals(pagesOf: () => 'static' | 'server'): Plugin {
  const isPrerendered = (environment: string): boolean =>
    environment === 'prerender' || (environment === 'ssr' && pagesOf() === 'static')
  return {
    name: 'unplugin-imagegen:astro-originals',
    enforce: 'pre',
    apply: 'build',

    transform: {
      filter: { id: MANIFEST_ID },
      handler(code, id) {
        if (!MANIFEST_ID.test(id) || !IMAGE_MODULE.test(code)) return undefined
        if (!isPrerendered(this.environment.name)) return undefined
        return { code: `${code.replace(IMAGE_MODULE, 'const image = ')}\n${NOTING}`, map: null }
      },
    },

    // Reads at run time, in a browser or a server, cannot be recorded: all files that the code names are kept.
    generateBundle(_, bundle) {
      if (isPrerendered(this.environment.name)) return
      const { astroAsset } = globalThis as { readonly astroAsset?: AstroAssets }
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset')
          astroAsset?.referencedImages?.add(path.posix.basename(file.fileName))
      }
    },
  }
}

/** Wraps the value `image`. */
const NOTING = `export default /* @__PURE__ */ new Proxy(image, {
  get(image, member) {
    if (member === 'clone') return structuredClone(image)
    const file = image.src.slice(image.src.lastIndexOf('/') + 1)
    if (member === 'fsPath') return file
    if (['src', 'srcset', 'sources', 'img', 'media'].includes(member)) {
      globalThis.astroAsset?.referencedImages?.add(file)
      globalThis.astroAsset?.recordReferencedImage?.(file)
    }
    return image[member]
  },
})
`
