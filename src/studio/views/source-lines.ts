import type { ImageEntry } from '../../pipeline.ts'
import type { ImageDetail } from '../protocol-image.ts'

/** A longer image is cut off: the editor shows it whole. */
const MOST_LINES = 400

/** The lines of an image in its manifest, without the empty lines and comments that follow it. */
export function sourceLines({ manifest, path }: ImageEntry): ImageDetail['source'] {
  const lines = manifest.text.split(/\r?\n/)
  const firstLine = manifest.locate(path, 'key').line
  const last = path.length === 0 ? lines.length : endOf({ manifest, path }, firstLine, lines.length)
  const own = lines.slice(firstLine - 1, Math.min(last, firstLine - 1 + MOST_LINES))
  while (own.length > 1 && /^\s*(?:#.*)?$/.test(own.at(-1) ?? '')) own.pop()
  return { firstLine, text: own.join('\n') }
}

/** The line before the next image. */
function endOf(
  { manifest, path }: Pick<ImageEntry, 'manifest' | 'path'>,
  firstLine: number,
  lineCount: number,
): number {
  const name = path.at(-1)
  const names = manifest.content.images.map((image) => image.name)
  const index = names.indexOf(String(name))
  const next = names[index + 1]
  if (index < 0 || next === undefined) {
    const text = manifest.text.split(/\r?\n/)
    const indent = /^\s*/.exec(text[firstLine - 1] ?? '')?.[0].length ?? 0
    const after = text.findIndex(
      (line, at) => at >= firstLine && /\S/.test(line) && line.search(/\S/) < indent,
    )
    return after < 0 ? lineCount : after
  }
  return manifest.locate([...path.slice(0, -1), next], 'key').line - 1
}
