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
 * The manifest's text with one field of one image set. Everything else stays byte for byte: comments, order, quoting,
 * line endings, indentation. So text is put into text; a document that is printed anew would lose them.
 *
 * What comes out is read again and held against what it should say. So an edit that would reach further than the image
 * (through an anchor), or would break the YAML, is refused.
 *
 * @param image where the image's fields are, as in `ImageEntry.path`.
 * @throws ImagegenError with code `manifest` where the edit cannot be done safely.
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
    message: `\`${edit.field}\` cannot be written here without changing something else, such as what an anchor or an alias stands for.`,
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

/** The whole document's data with the edit made. */
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
    // An alias whose anchor went with the edit.
    return false
  }
}
