import type { ImageEntry } from '../manifest/entry.ts'
import type { Size } from '../render/sizes.ts'

/** An image as far as its type goes. */
export interface DeclaredImage {
  readonly entry: Pick<ImageEntry, 'name' | 'exportName' | 'output'>
  /** Of the largest rendition; nothing where only the pixels decide it. */
  readonly size: Size | undefined
}

/** The first line of every declaration, in every version: what begins otherwise is somebody else's. */
export const DECLARATION_MARK = '// Made by unplugin-imagegen out of a manifest. Not to be edited.'

const HEADER = `${DECLARATION_MARK}
// Builds, dev servers and \`imagegen types\` keep it up to date.
/* eslint-disable */`

/**
 * Where TypeScript looks for the declaration of a manifest, in one of its `rootDirs`: `cast.image.yaml` is declared by
 * `cast.image.d.yaml.ts`.
 */
export function declarationPath(manifestPath: string): string {
  return manifestPath.replace(/\.([^./]+)$/, '.d.$1.ts')
}

/** The declaration of a manifest with names: exports and default record as `manifestModule` writes them. */
export function manifestDeclaration(images: readonly DeclaredImage[]): string {
  const exports = images.flatMap(({ entry: { exportName } }, index) =>
    exportName === undefined ? [] : [`_${index} as ${exportName},`],
  )
  const members = images.map(
    ({ entry: { name } }, index) => `readonly ${JSON.stringify(name)}: typeof _${index}`,
  )
  return textOf(images, [
    ...images.map(
      ({ entry, size }, index) => `declare const _${index}: ${imageType(entry.output, size)}`,
    ),
    `export ${block(exports)}`,
    `declare const images: ${block(members)}`,
    'export default images',
  ])
}

/** The declaration of a manifest with one image, which is its default export. */
export function imageDeclaration(image: DeclaredImage): string {
  return textOf(
    [image],
    [`declare const image: ${imageType(image.entry.output, image.size)}`, 'export default image'],
  )
}

/** What `Object.entries` gives of a plain `{}` would be `unknown`, and no attribute of an element. */
const NO_SOURCES = `/** No format but the fallback: nothing has a key like this, and still all values are strings. */
type NoSources = { readonly [format: \`-\${string}\`]: string }`

function textOf(images: readonly DeclaredImage[], statements: readonly string[]): string {
  const needsNoSources = images.some(({ entry }) => entry.output.formats.length === 1)
  return `${[HEADER, ...(needsNoSources ? [NO_SOURCES] : []), ...statements].join('\n\n')}\n`
}

/**
 * One image's type: no name of another file's, so that it means the same in every kind of module resolution, and no
 * interface, which would not fit into `Record<string, string>`.
 */
function imageType({ formats, placeholder }: ImageEntry['output'], size: Size | undefined): string {
  const width = size?.width ?? 'number'
  const height = size?.height ?? 'number'
  const sources = formats.slice(0, -1).map((format) => `readonly ${format}: string`)
  const members = [
    'src: string',
    `width: ${width}`,
    `height: ${height}`,
    `format: ${JSON.stringify(formats.at(-1))}`,
    'srcset: string',
    `sources: ${sources.length === 0 ? 'NoSources' : `{ ${sources.join('; ')} }`}`,
    `img: { readonly src: string; readonly w: ${width}; readonly h: ${height} }`,
    'alt: string',
    ...(placeholder === 'blur' ? ['blurDataURL: string'] : []),
    ...(placeholder === 'color' ? ['color: string'] : []),
  ]
  return block(members.map((member) => `readonly ${member}`))
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n${lines.map((line) => `  ${line}`).join('\n')}\n}`
}
