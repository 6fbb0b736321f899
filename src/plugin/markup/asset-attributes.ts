/** Which attributes of an element Vite takes for files. */
export interface AssetAttributes {
  readonly srcAttributes?: readonly string[]
  readonly srcsetAttributes?: readonly string[]
  readonly filter?: (data: {
    readonly key: string
    readonly value: string
    readonly attributes: Record<string, string>
  }) => boolean
}

/** By the element's name, in lower case. */
export type AssetSources = Readonly<Record<string, AssetAttributes>>

const META_NAMES: ReadonlySet<string> = new Set([
  'msapplication-tileimage',
  'msapplication-square70x70logo',
  'msapplication-square150x150logo',
  'msapplication-wide310x150logo',
  'msapplication-square310x310logo',
  'msapplication-config',
  'twitter:image',
])

const META_PROPERTIES: ReadonlySet<string> = new Set([
  'og:image',
  'og:image:url',
  'og:image:secure_url',
  'og:audio',
  'og:audio:secure_url',
  'og:video',
  'og:video:secure_url',
])

/**
 * The list of Vite, the same in versions 6, 7 and 8.
 *
 * @see https://github.com/vitejs/vite/blob/main/packages/vite/src/node/assetSource.ts `DEFAULT_HTML_ASSET_SOURCES`
 */
export const ASSET_SOURCES: AssetSources = {
  audio: { srcAttributes: ['src'] },
  embed: { srcAttributes: ['src'] },
  img: { srcAttributes: ['src'], srcsetAttributes: ['srcset'] },
  image: { srcAttributes: ['href', 'xlink:href'] },
  input: { srcAttributes: ['src'] },
  link: { srcAttributes: ['href'], srcsetAttributes: ['imagesrcset'] },
  object: { srcAttributes: ['data'] },
  source: { srcAttributes: ['src'], srcsetAttributes: ['srcset'] },
  track: { srcAttributes: ['src'] },
  use: { srcAttributes: ['href', 'xlink:href'] },
  video: { srcAttributes: ['src', 'poster'] },
  meta: {
    srcAttributes: ['content'],
    filter: ({ attributes: { name, property } }) =>
      META_NAMES.has(name?.trim().toLowerCase() ?? '') ||
      META_PROPERTIES.has(property?.trim().toLowerCase() ?? ''),
  },
}
