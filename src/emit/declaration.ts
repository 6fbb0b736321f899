import type { ImageEntry } from '../manifest/entry.ts'
import type { Size } from '../render/sizes.ts'

/** The part of an image that decides its type. */
export interface DeclaredImage {
  readonly entry: Pick<ImageEntry, 'name' | 'exportName' | 'output'>
  /** The size of the largest rendition. `undefined` where it depends on the pixels. */
  readonly size: Size | undefined
  /** What it shows for its media, in order. */
  readonly media: readonly DeclaredMedia[]
}

/** What an image shows for one medium. */
export interface DeclaredMedia extends Pick<DeclaredImage, 'size'> {
  /** The media query. */
  readonly media: string
  readonly formats: ImageEntry['output']['formats']
}

/**
 * The first line of every declaration, in every version. A file with another first line was not written by this
 * package.
 */
export const DECLARATION_MARK = '// Made by unplugin-imagegen out of a manifest. Not to be edited.'

const HEADER = `${DECLARATION_MARK}
// Builds, dev servers and \`imagegen types\` keep it up to date.
/* eslint-disable */`

/**
 * Where TypeScript looks for the declaration of a manifest, in one of its `rootDirs`: `cast.image.d.yaml.ts` declares
 * `cast.image.yaml`.
 */
export function declarationPath(manifestPath: string): string {
  return manifestPath.replace(/\.([^./]+)$/, '.d.$1.ts')
}

/*
 * Declarations are formatted as Prettier does by default, in ways that do not depend on line width: every object is
 * spread over lines, and an export statement names one thing.
 *
 * They use `var`, which ESLint's shared configurations forbid and TypeScript treats alike here. So `eslint-disable`
 * always has something to disable, and ESLint never reports it as unused.
 */

/** The declaration of a manifest with names: exports and default record as `manifestModule` writes them. */
export function manifestDeclaration(images: readonly DeclaredImage[]): string {
  const exports = images.flatMap(({ entry: { exportName } }, index) =>
    exportName === undefined ? [] : [`export { _${index} as ${exportName} };`],
  )
  const members = images.map(
    ({ entry }, index) => `readonly ${propertyName(entry.name)}: typeof _${index};`,
  )
  return textOf(images, [
    ...images.map((image, index) => `declare var _${index}: ${imageType(image)};`),
    ...(exports.length === 0 ? [] : [exports.join('\n')]),
    `declare var images: ${block(members)};`,
    'export default images;',
  ])
}

/** The declaration of a manifest with one image, which is its default export. */
export function imageDeclaration(image: DeclaredImage): string {
  return textOf([image], [`declare var image: ${imageType(image)};`, 'export default image;'])
}

/** With a plain `{}`, `Object.entries` would give `unknown` values, which are not valid attributes of an element. */
const NO_SOURCES = `/** Only the fallback format exists: no object has this key, and all values are strings. */
type NoSources = {
  readonly [format: \`-\${string}\`]: string;
};`

function textOf(images: readonly DeclaredImage[], statements: readonly string[]): string {
  const needsNoSources = images.some(({ entry, media }) =>
    [entry.output, ...media].some(({ formats }) => formats.length === 1),
  )
  return `${[HEADER, ...(needsNoSources ? [NO_SOURCES] : []), ...statements].join('\n\n')}\n`
}

/**
 * The type of one image. It uses no names of other files, so that it means the same in every kind of module resolution,
 * and no interface, which would not be assignable to `Record<string, string>`.
 */
function imageType({ entry, size, media }: DeclaredImage): string {
  const { formats, placeholder } = entry.output
  const { width, height } = sidesOf(size)
  const img = ['readonly src: string;', `readonly w: ${width};`, `readonly h: ${height};`]
  return typeBlock([
    'src: string;',
    `width: ${width};`,
    `height: ${height};`,
    `format: ${JSON.stringify(formats.at(-1))};`,
    'srcset: string;',
    sourcesMember(formats),
    `img: ${block(img)};`,
    'alt: string;',
    ...(placeholder === 'blur' ? ['blurDataURL: string;'] : []),
    ...(placeholder === 'color' ? ['color: string;'] : []),
    ...(media.length === 0 ? [] : [`media: ${tuple(media.map(mediaType))};`]),
  ])
}

function mediaType({ media, formats, size }: DeclaredMedia): string {
  const { width, height } = sidesOf(size)
  return typeBlock([
    `media: ${JSON.stringify(media)};`,
    `width: ${width};`,
    `height: ${height};`,
    `format: ${JSON.stringify(formats.at(-1))};`,
    'src: string;',
    'srcset: string;',
    sourcesMember(formats),
  ])
}

function sidesOf(size: Size | undefined): { readonly width: string; readonly height: string } {
  return { width: String(size?.width ?? 'number'), height: String(size?.height ?? 'number') }
}

function sourcesMember(formats: DeclaredMedia['formats']): string {
  const sources = formats.slice(0, -1).map((format) => `readonly ${format}: string;`)
  return `sources: ${sources.length === 0 ? 'NoSources' : block(sources)};`
}

function typeBlock(members: readonly string[]): string {
  return block(members.map((member) => `readonly ${member}`))
}

/** Not readonly: it would not be assignable to the list of a `GeneratedImage`. */
function tuple(types: readonly string[]): string {
  return `[\n${types.map((type) => `${indented(type)},`).join('\n')}\n]`
}

/** A name as Prettier prints it: without quotes where ECMAScript 5 needs none, which had no letters beyond U+FFFF. */
function propertyName(name: string): string {
  const isPlain =
    /^[$_\p{ID_Start}][$\p{ID_Continue}]*$/u.test(name) && !/[\u{10000}-\u{10FFFF}]/u.test(name)
  return isPlain ? name : JSON.stringify(name)
}

function block(lines: readonly string[]): string {
  if (lines.length === 0) return '{}'
  return `{\n${lines.map(indented).join('\n')}\n}`
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
