import { statSync } from 'node:fs'
import path from 'node:path'
import type { Place } from '../shared/errors.ts'
import { readFileIfThere, toPosix } from '../shared/files.ts'
import { loadGlob } from '../shared/glob.ts'
import { placeAt } from '../shared/place.ts'
import { MANIFEST_ID, splitQuery } from './module-id.ts'

/** Bytes; longer files are skipped: people do not write them. */
const LONGEST = 2_000_000

/**
 * Where a file is named other than by an import: in HTML, CSS or a URL. Undefined if that is not found, for example
 * because code assembles the name from parts.
 *
 * @param file the file that is named, absolute.
 * @param sources the files to look through, absolute; a query behind the name does not matter.
 * @param root which the place's name starts from.
 * @param isHandled whether what a file names was replaced: it counts only if no other file names it.
 */
export function placeOfReference(
  file: string,
  sources: Iterable<string>,
  root: string,
  isHandled: (source: string) => boolean = () => false,
): Place | undefined {
  const known = new Set([...sources].map((source) => path.normalize(splitQuery(source)[0])))
  const first = [...known]
    .filter((source) => path.isAbsolute(source) && !MANIFEST_ID.test(source))
    // The user's own files come before those of packages.
    .sort((left, right) => rankOf(left) - rankOf(right))
  const below = writtenBelow(root)
  const others = (files: readonly string[]): readonly string[] =>
    files.filter((source) => !isHandled(path.normalize(source)))
  return (
    placeIn(file, others(first), root) ??
    placeIn(file, others(below), root) ??
    placeIn(file, first, root) ??
    placeIn(file, below, root)
  )
}

/** Whether a file below the root names another one by its URL, not only by imports. */
export function isNamedByUrl(file: string, root: string): boolean {
  return writtenBelow(root).some((source) => {
    const text = readText(source)
    return text !== undefined && [...mentions(file, source, text)].some(({ isImport }) => !isImport)
  })
}

/** Files that bundlers do not report, such as Sass partials. */
function writtenBelow(root: string): readonly string[] {
  return loadGlob().sync(
    '**/*.{htm,html,css,scss,sass,less,styl,vue,svelte,astro,md,mdx,js,jsx,ts,tsx}',
    {
      cwd: root,
      ignore: ['**/node_modules/**', '**/dist/**', '**/.*/**'],
      absolute: true,
      followSymbolicLinks: false,
    },
  )
}

function placeIn(file: string, sources: readonly string[], root: string): Place | undefined {
  let second: Place | undefined
  for (const source of sources) {
    const text = readText(source)
    if (text === undefined) continue
    for (const { offset, isImport } of mentions(file, source, text)) {
      const place = placeAt(toPosix(path.relative(root, source)), text, offset)
      if (!isImport) return place
      second ??= place
    }
  }
  return second
}

function rankOf(source: string): number {
  if (/[/\\]node_modules[/\\]/.test(source)) return 2
  return /\.(?:html?|css|s[ac]ss|less|styl|pcss)$/i.test(source) ? 0 : 1
}

function readText(source: string): string | undefined {
  // Bundlers report folders, too.
  if (statSync(source, { throwIfNoEntry: false })?.isFile() !== true) return undefined
  const bytes = readFileIfThere(source)
  if (bytes === undefined || bytes.length > LONGEST || bytes.includes(0)) return undefined
  return bytes.toString('utf8')
}

/** Where a text names a file. A relative name must lead to it; any other, such as an alias, must end like it. */
function* mentions(
  file: string,
  source: string,
  text: string,
): Iterable<{ readonly offset: number; readonly isImport: boolean }> {
  const base = path.basename(file)
  for (let at = text.indexOf(base); at >= 0; at = text.indexOf(base, at + 1)) {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at)
    const [start = ''] = /[^\s"'`(),=]*$/.exec(line) ?? []
    const written = `${start}${base}`
    const leadsElsewhere =
      /^\.\.?\//.test(written) && path.resolve(path.dirname(source), written) !== file
    const before = text.slice(0, at - start.length)
    const isComment = /^\s*(?:\/\/|\*|\/\*|<!--|#)/.test(line)
    // Prose about a file is no reference to it.
    const isProse = source.endsWith('.md') && !/["'(]$/.test(before)
    if (leadsElsewhere || isComment || isProse) continue
    const isImport = /(?:\bfrom|\bimport)\s*\(?\s*["'`]$/.test(before.slice(-40))
    // A query, or an import attribute such as `type: 'text'`, asks for something else than the module.
    const isPlain = !/^(?:\?|["'`]\s*with\b)/.test(
      text.slice(at + base.length, at + base.length + 20),
    )
    yield { offset: at - start.length, isImport: isImport && isPlain }
  }
}
