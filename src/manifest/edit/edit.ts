import { type Document, isMap } from 'yaml'
import { ImagegenError } from '../../shared/errors.ts'
import { canonicalJson } from '../../shared/hash.ts'
import { isRecord } from '../../shared/record.ts'
import { type DocumentPath, type Manifest, placeOf } from '../manifest.ts'
import { parseYamlDocument } from '../yaml-document.ts'
import {
  type Fields,
  type ImageEdit,
  fieldText,
  pairOf,
  startOf,
  waysToWrite,
} from './write-field.ts'

export type { ImageEdit } from './write-field.ts'

/**
 * Returns the manifest's text with one field of one image set. Everything else stays byte for byte: comments, order,
 * quoting, line endings, indentation. The edit splices text, because printing the parsed document would lose them.
 *
 * The result is parsed and compared with the expected data. An edit that would change more than the image (through an
 * anchor), or would break the YAML, is refused.
 *
 * @param image the path of the image's fields, as in `ImageEntry.path`.
 * @throws ImagegenError with code `manifest` if the edit cannot be made safely.
 */
export function editImage(manifest: Manifest, image: DocumentPath, edit: ImageEdit): string {
  const { text } = manifest
  const document = parseYamlDocument(text)
  const fields = fieldsAt(document, image)
  if (fields !== undefined) {
    const wanted = meaningOf(expected(document.toJS(), image, edit))
    for (const edited of waysToWrite(text, fields, edit)) {
      if (saysExactly(edited, wanted)) return edited
    }
  }
  const line = `\`${fieldText(edit, false)}\``
  throw new ImagegenError('manifest', {
    message: `\`${edit.field}\` cannot be written here without changing something else, such as the target of an anchor or alias.`,
    place: placeOf(manifest, image, 'key'),
    hint: `Nothing was changed. Write ${line} there by hand${edit.retired === undefined ? '' : ` in place of \`${edit.retired}\``}.`,
  })
}

function fieldsAt(document: Document.Parsed, image: DocumentPath): Fields | undefined {
  let node: unknown = document.contents
  let start = document.contents?.range?.[0] ?? 0
  for (const step of image) {
    const pair = isMap(node) ? pairOf(node, String(step)) : undefined
    if (pair === undefined) return undefined
    start = startOf(pair.key) ?? start
    node = pair.value
  }
  return isMap(node) ? { map: node, start } : undefined
}

/** The whole document's data with the edit applied. */
function expected(data: unknown, [step, ...rest]: DocumentPath, edit: ImageEdit): unknown {
  if (!isRecord(data)) return data
  if (step !== undefined) {
    return { ...data, [step]: expected(data[String(step)], rest, edit) }
  }
  const others = Object.entries(data).filter(([name]) => name !== edit.retired)
  return { ...Object.fromEntries(others), [edit.field]: edit.value }
}

function meaningOf(data: unknown): string {
  return canonicalJson(data)
}

function saysExactly(text: string, wanted: string): boolean {
  const document = parseYamlDocument(text)
  if (document.errors.length + document.warnings.length > 0) return false
  try {
    return meaningOf(document.toJS()) === wanted
  } catch {
    // The edit removed the anchor of an alias.
    return false
  }
}
