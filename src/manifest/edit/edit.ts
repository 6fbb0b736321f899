import type { Document, Node, YAMLSeq } from 'yaml'
import { ImagegenError } from '../../shared/errors.ts'
import { canonicalJson } from '../../shared/hash.ts'
import { isRecord } from '../../shared/record.ts'
import { type DocumentPath, type Manifest, placeOf } from '../manifest.ts'
import { type NodeReader, parseYamlDocument, readNodes } from '../yaml-document.ts'
import { type NewOverride, waysToAdd } from './add-override.ts'
import { pairOf, startOf } from './positions.ts'
import { type FieldValue, inlineText } from './value-text.ts'
import { type EditableField, type FieldEdit, type Fields, waysToWrite } from './write-field.ts'
import { loadYaml } from '../yaml.ts'

export type { EditableField } from './write-field.ts'
export type { FieldValue } from './value-text.ts'

/** Fields to set in an entry; `null` removes one. */
export type FieldChanges = Readonly<Partial<Record<EditableField, FieldValue | null>>>

/** Where fields are written. */
export interface EditPlace {
  /** The path of the entry's fields, as in `ImageEntry.path`. */
  readonly path: DocumentPath
  /** One combination of the entry's matrix; undefined for the entry itself. */
  readonly combination: ReadonlyMap<string, string> | undefined
}

/** An edit of one entry. */
export interface EntryEdit {
  readonly changes: FieldChanges
  /** A field that conflicts with the new ones. Its lines become comments, so the user can restore them. */
  readonly retired?: 'prompt' | undefined
}

/**
 * Returns the manifest's text with fields of one entry set, or of one combination of its matrix, in the override with
 * exactly that `when`. Everything else stays byte for byte: comments, order, quoting, line endings, indentation. The
 * edit splices text, because printing the parsed document would lose them.
 *
 * The result is parsed and compared with the expected data. What an anchor shares changes wherever it is used, so the
 * caller compares the images before and after. An edit that would break the YAML is refused.
 *
 * @throws ImagegenError with code `manifest` if the edit cannot be made safely.
 */
export function editEntry(manifest: Manifest, place: EditPlace, edit: EntryEdit): string {
  const { text } = manifest
  const entries = Object.entries(edit.changes) as Array<[EditableField, FieldValue | null]>
  const set = entries.flatMap(([field, value]) => (value === null ? [] : [[field, value] as const]))
  const refuse = (field: string): never => {
    throw cannotWrite(manifest, place, set, edit, field)
  }
  if (place.combination === undefined) return setFields(text, place.path, entries, edit, refuse)
  const index = overrideFor(text, place.path, place.combination, set)
  if (index !== undefined) {
    return setFields(text, [...place.path, 'overrides', index], entries, edit, refuse)
  }
  if (set.length === 0) return text
  return addOverride(text, place.path, { when: place.combination, fields: set }, refuse)
}

type Refuse = (field: string) => never

function setFields(
  start: string,
  path: DocumentPath,
  changes: ReadonlyArray<readonly [EditableField, FieldValue | null]>,
  { retired }: EntryEdit,
  refuse: Refuse,
): string {
  let text = start
  for (const [field, value] of changes) {
    const edit: FieldEdit = { field, value, ...(retired === undefined ? {} : { retired }) }
    text = setField(text, path, edit) ?? refuse(field)
  }
  return text
}

function setField(text: string, path: DocumentPath, edit: FieldEdit): string | undefined {
  const fields = fieldsAt(parseYamlDocument(text), path)
  if (fields === undefined) return undefined
  for (const way of waysToWrite(text, fields, edit)) {
    const wanted = withField(text, path, { ...edit, value: way.value })
    if (wanted !== undefined && meaningOf(way.text) === wanted) return way.text
  }
  return undefined
}

function addOverride(
  text: string,
  path: DocumentPath,
  override: NewOverride,
  refuse: Refuse,
): string {
  const document = parseYamlDocument(text)
  const fields = fieldsAt(document, path)
  const wanted = withOverride(text, path, override)
  if (fields !== undefined && wanted !== undefined) {
    for (const edited of waysToAdd(text, fields, override, readNodes(document))) {
      if (meaningOf(edited) === wanted) return edited
    }
  }
  return refuse('overrides')
}

/**
 * The index of the last override with exactly this `when`; undefined without one, or if a later one would win over
 * what is written there.
 */
function overrideFor(
  text: string,
  path: DocumentPath,
  combination: ReadonlyMap<string, string>,
  set: ReadonlyArray<readonly [string, unknown]>,
): number | undefined {
  const overrides = overridesAt(parseYamlDocument(text).toJS(), path)
  const fits = (when: unknown): number =>
    isRecord(when) &&
    Object.entries(when).every(([name, value]) => combination.get(name) === String(value))
      ? Object.keys(when).length
      : 0
  const index = overrides.findLastIndex(({ when }) => fits(when) === combination.size)
  if (index < 0) return undefined
  const isWonOver = overrides
    .slice(index + 1)
    .some((later) => fits(later['when']) > 0 && set.some(([field]) => Object.hasOwn(later, field)))
  return isWonOver ? undefined : index
}

function overridesAt(data: unknown, path: DocumentPath): ReadonlyArray<Record<string, unknown>> {
  let inner = data
  for (const step of path) inner = isRecord(inner) ? inner[String(step)] : undefined
  const overrides = isRecord(inner) ? inner['overrides'] : undefined
  return Array.isArray(overrides) ? overrides.filter(isRecord) : []
}

/** The map at a path; aliases lead to their anchors. */
function fieldsAt(document: Document.Parsed, path: DocumentPath): Fields | undefined {
  const { resolved } = readNodes(document)
  let node: unknown = document.contents
  let start = document.contents?.range?.[0] ?? 0
  for (const step of path) {
    const inner = stepInto(resolved(node), step)
    if (inner === undefined) return undefined
    start = inner.start ?? start
    node = inner.value
  }
  const map = resolved(node)
  return loadYaml().isMap(map) ? { map, start } : undefined
}

function stepInto(
  node: unknown,
  step: string | number,
): { readonly value: unknown; readonly start: number | undefined } | undefined {
  if (loadYaml().isSeq(node)) {
    const value = node.items[Number(step)]
    return value === undefined ? undefined : { value, start: startOf(value) }
  }
  const pair = loadYaml().isMap(node) ? pairOf(node, String(step)) : undefined
  return pair === undefined ? undefined : { value: pair.value, start: startOf(pair.key) }
}

/** The document's data with a field set, in the form of `meaningOf`; undefined if it cannot be set. */
function withField(
  text: string,
  path: DocumentPath,
  { field, value, retired }: FieldEdit,
): string | undefined {
  const document = parseYamlDocument(text)
  const fields = fieldsAt(document, path)
  if (fields === undefined) return undefined
  const { map } = fields
  if (retired !== undefined) map.delete(retired)
  const old = pairOf(map, field)
  if (value === null) map.delete(field)
  else if (loadYaml().isScalar(old?.value)) old.value.value = value
  else map.set(field, value)
  return dataOf(document)
}

function withOverride(
  text: string,
  path: DocumentPath,
  { when, fields }: NewOverride,
): string | undefined {
  const document = parseYamlDocument(text)
  const found = fieldsAt(document, path)
  if (found === undefined) return undefined
  const { resolved }: NodeReader = readNodes(document)
  const added = { when: Object.fromEntries(when), ...Object.fromEntries(fields) }
  const list = resolved(pairOf(found.map, 'overrides')?.value)
  if (loadYaml().isSeq(list)) (list as YAMLSeq<Node>).add(document.createNode(added))
  else found.map.set('overrides', [added])
  return dataOf(document)
}

/** The data of a text; undefined if it is not valid. */
function meaningOf(text: string): string | undefined {
  const document = parseYamlDocument(text)
  return document.errors.length + document.warnings.length > 0 ? undefined : dataOf(document)
}

function dataOf(document: Document): string | undefined {
  try {
    return canonicalJson(document.toJS())
  } catch {
    // The edit removed the anchor of an alias.
    return undefined
  }
}

function cannotWrite(
  manifest: Manifest,
  { path, combination }: EditPlace,
  set: ReadonlyArray<readonly [string, FieldValue]>,
  { retired }: EntryEdit,
  field: string,
): ImagegenError {
  const lines = set.map(([name, value]) => `\`${name}: ${inlineText(value, false)}\``).join(', ')
  const where =
    combination === undefined
      ? 'there'
      : `into the override with \`when: { ${[...combination].map((pair) => pair.join(': ')).join(', ')} }\``
  const advice = set.length === 0 ? `Remove \`${field}\`` : `Write ${lines} ${where}`
  return new ImagegenError('manifest', {
    message: `\`${field}\` cannot be written here without changing something else, such as the target of an anchor or alias.`,
    place: placeOf(manifest, path, 'key'),
    hint: `Nothing was changed. ${advice} by hand${retired === undefined ? '' : ` in place of \`${retired}\``}.`,
  })
}
