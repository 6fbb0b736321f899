import type { ImageEntry } from '../manifest/entry.ts'
import type { RenderedImage, Rendition } from '../render/render.ts'

/** Where a rendition's URL comes from in generated code. */
export interface AssetUrl {
  /** A statement to put at the top, or `''`. */
  readonly statement: string
  /** An expression for the URL. */
  readonly expression: string
}

/** How a host turns a file into a URL: the only thing in which the generated modules differ. */
export type AssetUrlOf = (rendition: Rendition, variable: string) => AssetUrl

/**
 * The module of one image: its value as the default export, free of side effects, so that an image that nobody uses
 * falls away with its files. It holds nothing of the prompt, the key, the seed or the machine.
 */
export function imageModule(alt: string, image: RenderedImage, urlOf: AssetUrlOf): string {
  const urls = image.renditions.map((rendition, index) => urlOf(rendition, `u${index}`))
  const entries = image.renditions.map((rendition, index) => ({
    rendition,
    url: urls[index]?.expression ?? '""',
  }))
  const formats = [...new Set(image.renditions.map(({ format }) => format))]
  const fallback = formats.at(-1) ?? ''
  const largest = entries.findLast(({ rendition }) => rendition.format === fallback)
  if (largest === undefined) throw new Error('An image without renditions has no module.')
  const srcsetOf = (format: string): string =>
    entries
      .filter(({ rendition }) => rendition.format === format)
      .map(({ rendition, url }) => `${url} + ${JSON.stringify(` ${rendition.width}w`)}`)
      .join(' + ", " + ')
  const { width, height } = largest.rendition
  const sources = formats
    .slice(0, -1)
    .map((format) => `${JSON.stringify(format)}: ${srcsetOf(format)}`)
  const members = [
    `src: ${largest.url}`,
    `width: ${width}`,
    `height: ${height}`,
    `format: ${JSON.stringify(fallback)}`,
    `srcset: ${srcsetOf(fallback)}`,
    `sources: { ${sources.join(', ')} }`,
    `img: { src: ${largest.url}, w: ${width}, h: ${height} }`,
    `alt: ${JSON.stringify(alt)}`,
    ...(image.blurDataURL === undefined
      ? []
      : [`blurDataURL: ${JSON.stringify(image.blurDataURL)}`]),
    ...(image.color === undefined ? [] : [`color: ${JSON.stringify(image.color)}`]),
  ]
  return [
    ...urls.map(({ statement }) => statement).filter((statement) => statement !== ''),
    `export default {\n  ${members.join(',\n  ')},\n}`,
    '',
  ].join('\n')
}

/**
 * The module of a manifest with names: a named export for every image that can have one, and all of them by their exact
 * names as the default export. Keys are computed ones: `__proto__: …` in a literal would set the prototype.
 *
 * @param specifierOf how the module of one image is imported from here.
 */
export function manifestModule(
  entries: readonly Pick<ImageEntry, 'name' | 'exportName'>[],
  specifierOf: (name: string) => string,
): string {
  const imports = entries.map(
    ({ name }, index) => `import _${index} from ${JSON.stringify(specifierOf(name))}`,
  )
  const exports = entries.flatMap(({ exportName }, index) =>
    exportName === undefined ? [] : [`_${index} as ${exportName}`],
  )
  const members = entries.map(({ name }, index) => `  [${JSON.stringify(name)}]: _${index},`)
  return [
    ...imports,
    `export { ${exports.join(', ')} }`,
    'export default {',
    ...members,
    '}',
    '',
  ].join('\n')
}

/** The query by which a manifest's module imports the module of one image. */
export function imageQuery(name: string): string {
  return `?image=${encodeURIComponent(name)}`
}
