import { statSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError, type Place, type Problem } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { nearest } from '../../shared/suggest.ts'
import { publishingQuery } from '../module-id.ts'
import { printableError } from '../plain-error.ts'
import type { Loaded, LoadedImage } from '../session/load-module.ts'
import type { Session } from '../session/session.ts'

/** What names images, and where it looks for manifests. */
export interface Namer {
  /** The name by which the session reports changes, if the host does not: a module id, or the file of a page. */
  readonly by?: string
  readonly session: Pick<Session, 'includes' | 'load' | 'manifests'>
  /** Finds what a URL means, absolute, whether or not it is a file. In the order in which they count. */
  candidates(this: void, url: string): readonly string[]
  /** Finds a file as the host does, with its aliases. */
  resolve(this: void, specifier: string): Promise<string | undefined>
  /** Whether the host copies the file that a URL names as it is. */
  isPublic(this: void, url: string): boolean
  watch(this: void, file: string): void
  /** Reads again what names a file that is missing, absolute, once it is there. */
  awaits(this: void, file: string): Promise<void> | void
}

/**
 * The image that a URL names.
 *
 * @param placeOf where the URL is written.
 * @returns undefined if the URL does not name a manifest of the project: the host handles it.
 * @throws ImagegenError at the URL; or the error of a module that could not be loaded.
 */
export async function namedImage(
  url: string,
  { by, session, candidates, resolve, isPublic, watch, awaits }: Namer,
  placeOf: () => Place,
): Promise<LoadedImage | undefined> {
  const [address, fragment] = splitAt(url, '#')
  const [specifier] = splitAt(address, '?')
  if (publishingQuery(address) !== undefined || isPublic(specifier)) return undefined
  const refuse = (problem: Pick<Problem, 'message' | 'hint'>): ImagegenError =>
    new ImagegenError('manifest', { ...problem, place: placeOf() })
  const file = await findFile(decoded(specifier), candidates, resolve)
  if (file === undefined) {
    for (const missing of candidates(decoded(specifier))) await awaits(missing)
    throw refuse(noSuchFile(specifier, session))
  }
  // The host publishes what the option `exclude` leaves out.
  if (!(await session.includes(file))) return undefined
  watch(file)

  const load = async (image: string | undefined): Promise<Loaded> => {
    const loaded = await session.load({ file, image }, by)
    for (const each of loaded.files) watch(each)
    if (loaded.kind === 'failed') throw printableError(loaded.error)
    return loaded
  }
  const name = decoded(fragment)
  const whole = await load(undefined)
  switch (whole.kind) {
    case 'image':
      if (name === '') return whole
      throw refuse({
        message: `\`#${name}\` is not an image of ${specifier}, which has one image without a name.`,
        hint: `Leave out \`#${name}\`.`,
      })
    case 'manifest': {
      const names = whole.entries.map((entry) => entry.name)
      const [only] = names
      const wanted = name === '' && names.length === 1 ? only : name
      if (wanted === undefined || !names.includes(wanted)) {
        throw refuse(noSuchName(specifier, name, names))
      }
      const loaded = await load(wanted)
      if (loaded.kind === 'image') return loaded
      throw refuse(noSuchName(specifier, name, names))
    }
    case 'failed':
      throw printableError(whole.error)
    default:
      return whole satisfies never
  }
}

async function findFile(
  specifier: string,
  candidates: Namer['candidates'],
  resolve: Namer['resolve'],
): Promise<string | undefined> {
  const direct = candidates(specifier).find(isFile)
  if (direct !== undefined) return direct
  const resolved = await resolve(specifier)
  return resolved !== undefined && isFile(resolved) ? path.normalize(resolved) : undefined
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

function noSuchFile(
  specifier: string,
  session: Namer['session'],
): Pick<Problem, 'message' | 'hint'> {
  const { root, manifests } = session.manifests() ?? { root: '', manifests: [] }
  const known = manifests.map(({ file }) => toPosix(path.relative(root, file)))
  const byName = new Map(known.map((file) => [path.posix.basename(file), file]))
  const close = nearest(path.posix.basename(specifier), byName.keys())
  const meant = close === undefined ? '' : ` Did you mean ${byName.get(close)}?`
  return {
    message: `There is no manifest \`${specifier}\`.`,
    hint: `The path starts from this file, or with \`/\` from the project's root.${meant}`,
  }
}

function noSuchName(
  specifier: string,
  name: string,
  names: readonly string[],
): Pick<Problem, 'message' | 'hint'> {
  const shown = names.slice(0, 8).map((each) => `\`#${each}\``)
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : ''
  const has = names.length === 0 ? 'It has no images.' : `It has ${shown.join(', ')}${more}.`
  if (name === '') {
    const [first = 'name'] = names
    return {
      message: `${specifier} has several images, and the URL does not say which one.`,
      hint: `Write one of them behind the URL, such as \`${specifier}#${first}\`. ${has}`,
    }
  }
  const close = nearest(name, names)
  return {
    message: `\`#${name}\` is not an image of ${specifier}.`,
    hint: close === undefined ? has : `Did you mean \`#${close}\`? ${has}`,
  }
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A literal percent sign.
    return text
  }
}
