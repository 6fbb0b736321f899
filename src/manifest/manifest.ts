import type { Document, LineCounter, Node } from 'yaml'
import type { Place, Problem } from '../shared/errors.ts'
import { codeFrame } from '../shared/place.ts'
import type { ImageSettings } from './schema/schema.ts'
import { loadYaml } from './yaml.ts'
import { parseYamlDocument } from './yaml-document.ts'

/** A manifest as written, validated. */
export interface Manifest {
  /** Absolute path. */
  readonly file: string
  /** Path from the root, with `/`; starts with `../` outside of it. The first part of every id. */
  readonly path: string
  readonly text: string
  readonly content: ManifestContent
  /** Where something stands. The first question parses the text once more: what is remembered has no places. */
  readonly locate: Locate
}

/** Finds the place of a value in a manifest, or of its key; of the nearest thing around it where it is not written. */
export type Locate = (path: DocumentPath, part: 'key' | 'value') => Place

/** A manifest reports so many problems at most: a file that is broken throughout is not worth thousands of lines. */
export const MAX_PROBLEMS = 50

/** What a manifest says. Plain data: it is remembered across runs by the hash of the file's bytes. */
export interface ManifestContent {
  readonly form: 'named' | 'single'
  readonly defaults: ImageSettings
  readonly vars: ReadonlyArray<readonly [name: string, value: string]>
  /** In the order written; the single form has one, without a name. */
  readonly images: ReadonlyArray<{ readonly name: string; readonly settings: ImageSettings }>
  /** Valid YAML that is surely not meant, in the order of the file. Left out where there is none. */
  readonly warnings?: readonly ManifestWarning[]
}

/** Something that is worth a look before anything is spent. */
export interface ManifestWarning {
  readonly message: string
  /** What to do now. */
  readonly hint: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
}

/** A manifest's warnings with their places. */
export function warningsOf({ path, content, text }: Manifest): readonly Problem[] {
  return (content.warnings ?? []).map(({ message, hint, line, column }) => ({
    message,
    hint,
    place: { file: path, line, column, frame: codeFrame(text, line, column) },
  }))
}

/** Where a value stands in a YAML document: `['images', 'kira', 'references', 0]`. */
export type DocumentPath = ReadonlyArray<string | number>

/** Where an image's fields start in the document. */
export function pathOfImage(manifest: Manifest, writtenName: string): DocumentPath {
  return manifest.content.form === 'named' ? ['images', writtenName] : []
}

/**
 * The place of a field, or of the nearest thing around it that is written.
 *
 * @param part the key of the field, or its value.
 */
export function placeOf(manifest: Manifest, path: DocumentPath, part: 'key' | 'value'): Place {
  return manifest.locate(path, part)
}

/** A text with its parsed form. */
interface Parsed {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/**
 * Answers where things stand in a text.
 *
 * @param known left out: the text is parsed when somebody asks for the first time.
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
