import type { Document, LineCounter, Node } from 'yaml'
import type { Place, Problem } from '../shared/errors.ts'
import { codeFrame } from '../shared/place.ts'
import type { ImageSettings } from './schema/schema.ts'
import { loadYaml } from './yaml.ts'
import { parseYamlDocument } from './yaml-document.ts'

/** A validated manifest, before variables and references are resolved. */
export interface Manifest {
  /** Absolute path. */
  readonly file: string
  /** Path from the root, with `/`; starts with `../` outside the root. The first part of every id. */
  readonly path: string
  readonly text: string
  readonly content: ManifestContent
  /** The manifests that `extends` names, in the order written. */
  readonly extended: readonly Manifest[]
  /** Every manifest that this one extends, directly or through others, once each; the lowest precedence comes first. */
  readonly styles: readonly Manifest[]
  /** Finds a value's position. The first call parses the text again, because the parse cache holds no positions. */
  readonly locate: Locate
}

/** Finds the position of a value or its key in a manifest; for a missing value, of the nearest node around it. */
export type Locate = (path: DocumentPath, part: 'key' | 'value') => Place

/** The most problems reported for one manifest, so that a badly broken file does not print thousands of lines. */
export const MAX_PROBLEMS = 50

/** A manifest's content as plain data, cached across runs by the hash of the file's bytes. */
export interface ManifestContent {
  /** A style has only `defaults`, `vars` and `extends`. */
  readonly form: 'named' | 'single' | 'style'
  /** Paths of other manifests as written, relative to this one. Absent if there are none. */
  readonly extends?: readonly string[]
  readonly defaults: ImageSettings
  readonly vars: ReadonlyArray<readonly [name: string, value: string]>
  /** In the order written; a single-image manifest has one entry, with an empty name. */
  readonly images: ReadonlyArray<{ readonly name: string; readonly settings: ImageSettings }>
  /** Valid YAML that the author most likely did not mean, in file order. Absent if there are no warnings. */
  readonly warnings?: readonly ManifestWarning[]
}

/** A likely mistake that the author should check before spending money. */
export interface ManifestWarning {
  readonly message: string
  /** What to do now. */
  readonly hint: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
}

/** A manifest's warnings with their positions. */
export function warningsOf({ path, content, text }: Manifest): readonly Problem[] {
  return (content.warnings ?? []).map(({ message, hint, line, column }) => ({
    message,
    hint,
    place: { file: path, line, column, frame: codeFrame(text, line, column) },
  }))
}

/** A path to a value in a YAML document: `['images', 'kira', 'references', 0]`. */
export type DocumentPath = ReadonlyArray<string | number>

/** The path at which an image's fields start in the document. */
export function pathOfImage(manifest: Manifest, writtenName: string): DocumentPath {
  return manifest.content.form === 'named' ? ['images', writtenName] : []
}

/**
 * The position of a field, or of the nearest node around it that exists.
 *
 * @param part the key of the field, or its value.
 */
export function placeOf(manifest: Manifest, path: DocumentPath, part: 'key' | 'value'): Place {
  return manifest.locate(path, part)
}

/** A parsed YAML text with its line breaks. */
interface Parsed {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/**
 * Creates a function that finds positions in a text.
 *
 * @param known the parsed text; without it, the first call parses the text.
 */
export function createLocate(file: string, text: string, known?: Parsed): Locate {
  let parsed = known
  return (path, part) => {
    if (parsed === undefined) {
      const { LineCounter } = loadYaml()
      const lines = new LineCounter()
      parsed = { document: parseYamlDocument(text, lines), lines }
    }
    const { line, col } = parsed.lines.linePos(offsetOf(parsed.document, path, part))
    return { file, line, column: col, frame: codeFrame(text, line, col) }
  }
}

function offsetOf(document: Document.Parsed, path: DocumentPath, part: 'key' | 'value'): number {
  const { isMap, isPair, isScalar } = loadYaml()
  let offset = document.contents?.range?.[0] ?? 0
  let node: unknown = document.contents
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      )
      if (pair === undefined) return offset
      const wanted =
        part === 'key' && depth === path.length - 1 ? pair.key : (pair.value ?? pair.key)
      offset = startOf(wanted) ?? startOf(pair.key) ?? offset
      node = pair.value
    } else {
      node = document.getIn(path.slice(0, depth + 1), true)
      offset = startOf(node) ?? offset
    }
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
