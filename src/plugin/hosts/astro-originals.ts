import path from 'node:path'
import type { Plugin } from 'vite'
import { MANIFEST_ID } from '../module-id.ts'

/** What Astro keeps of images in a build, as far as it is used here. Private to Astro. */
interface AstroAssets {
  /** Files that pages show as they are. Astro removes other originals of `<Image>` once it has made its own sizes of them. */
  readonly referencedImages?: Set<string>
}

/** The start of the module of one image, whose members are in the order of `GeneratedImage`. */
const IMAGE_MODULE = /^export default (?=\{\s*src:)/m

/**
 * `<Image src={kira}>` makes pictures of its own out of an original, which is then in the output and on no page. Astro
 * removes it if the value tells which file it is, gives a copy to `<Image>`, and notes when a page reads its URL: what Astro
 * does for pictures that are imported.
 *
 * Files are known by their names, which hold two hashes: paths of the machine must not be in the output.
 *
 * @param pagesOf where pages are made: `static` in the build itself.
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

    // What a browser or a server reads while it runs cannot be noted: it keeps all files that its code names.
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

/** Of the value `image`. */
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
