import path from 'node:path'
import type { ImageEntry } from '../manifest/entry.ts'
import type { Rendition } from '../render/render.ts'
import { toPosix } from '../shared/files.ts'
import { isRecord } from '../shared/record.ts'
import { type ShownImage, allRenditions, generatedImage } from './shown-image.ts'

/** Where generated code gets a rendition's URL from. */
export interface AssetUrl {
  /** A statement for the top of the module, or `''`. */
  readonly statement: string
  /** An expression for the URL. */
  readonly expression: string
}

/** How a host turns a file into a URL. Generated modules differ only in this. */
export type AssetUrlOf = (rendition: Rendition, variable: string) => AssetUrl

/**
 * The module of one image: its value as the default export, without side effects, so that an unused image is removed
 * with its files. It contains nothing of the prompt, the key, the seed or the machine.
 */
export function imageModule(alt: string, image: ShownImage, urlOf: AssetUrlOf): string {
  const urls = new Map(
    allRenditions(image).map((rendition, index) => [rendition.file, urlOf(rendition, `u${index}`)]),
  )
  const value = generatedImage(alt, image, {
    url: (rendition) => urls.get(rendition.file)?.expression ?? '""',
    plain: (text) => JSON.stringify(text),
    join: (parts) => parts.join(' + '),
  })
  const members = Object.entries(value).map(([name, member]) => `${name}: ${codeOf(member)}`)
  return [
    ...[...urls.values()].map(({ statement }) => statement).filter((statement) => statement !== ''),
    `export default {\n  ${members.join(',\n  ')},\n}`,
    '',
  ].join('\n')
}

/** A member of a value whose texts are code already. */
function codeOf(member: unknown): string {
  if (Array.isArray(member)) return `[${member.map(codeOf).join(', ')}]`
  if (!isRecord(member)) return String(member)
  const members = Object.entries(member).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${codeOf(inner)}`,
  )
  return `{ ${members.join(', ')} }`
}

/**
 * The module of a manifest with names: a named export for every image whose name allows it, and all images by their
 * exact names as the default export. Keys are computed, because `__proto__: …` in a literal would set the prototype.
 *
 * @param specifierOf returns the import specifier of one image's module.
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

/** How code in a folder names a file in an import. */
export function relativeSpecifier(folder: string, file: string): string {
  const relative = toPosix(path.relative(folder, file))
  // A path on another drive is not relative, and a folder such as `.cache` does not start with `./` yet.
  if (path.isAbsolute(relative) || relative.startsWith('../')) return relative
  return `./${relative}`
}
