import { withoutUnsafe } from '../../shared/plain-text.ts'
import { escapeVariables } from '../resolve/variables.ts'
import { loadYaml } from '../yaml.ts'

/** An image of a new manifest. */
export interface ComposedImage {
  readonly name: string
  /** Lines above its fields, without the mark. */
  readonly comment: readonly string[]
  /** In the order in which they are written. `${` in texts is escaped. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string | number]>
}

/**
 * Writes the text of a new manifest. Texts may come from anywhere: characters that a terminal or a reviewer could be
 * deceived by are left out.
 *
 * @param about lines at the top.
 */
export function composeManifest(
  about: readonly string[],
  images: readonly ComposedImage[],
): string {
  const { Document, Pair, Scalar, YAMLMap } = loadYaml()
  const entries = new YAMLMap()
  for (const [index, { name, comment, fields }] of images.entries()) {
    const map = new YAMLMap()
    for (const [field, value] of fields) {
      const scalar = new Scalar(safeValue(value))
      // YAML reads some digests as numbers, so manifests take quoted ones only.
      if (field === 'pick' && typeof value === 'string') scalar.type = 'QUOTE_DOUBLE'
      map.items.push(new Pair(new Scalar(field), scalar))
    }
    const [first] = map.items
    if (comment.length > 0 && first?.key instanceof Scalar) first.key.commentBefore = lines(comment)
    const key = new Scalar(name)
    key.spaceBefore = index > 0
    entries.items.push(new Pair(key, map))
  }
  const document = new Document(new YAMLMap(), { version: '1.2' })
  document.commentBefore = lines(about)
  document.set('images', entries)
  return document.toString({ lineWidth: 0 })
}

/** Text as manifests may hold it: whole characters, LF, no control characters. */
export function plainLines(text: string): string {
  const wellFormed = Buffer.from(text, 'utf8').toString('utf8')
  return wellFormed
    .replaceAll(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => withoutUnsafe(line.replaceAll('\t', ' ')))
    .join('\n')
}

function safeValue(value: string | number): string | number {
  return typeof value === 'number' ? value : escapeVariables(plainLines(value))
}

function lines(texts: readonly string[]): string {
  return texts
    .flatMap((text) => plainLines(text).split('\n'))
    .map((line) => ` ${line}`)
    .join('\n')
}
