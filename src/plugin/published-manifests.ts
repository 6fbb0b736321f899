import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError, type Place } from '../shared/errors.ts'
import { toPosix } from '../shared/files.ts'
import { placeOfReference } from './reference-place.ts'

/** The manifests of a project, whose text must not be published. */
export interface ProjectManifests {
  /** The project's root, absolute. */
  readonly root: string
  readonly manifests: ReadonlyArray<{ readonly file: string; readonly text: string }>
}

/** What a session knows of manifests. */
interface KnowsManifests {
  manifests(): ProjectManifests | undefined
  /** Whether a file is a manifest, or extended by one. */
  reads(file: string): Promise<boolean>
}

/** An output file of a build. */
export interface OutputFile {
  readonly name: string
  readonly content: string | Uint8Array
  /** The files that it was made from, absolute, if the host reports them. */
  readonly sources?: readonly string[]
  /** Only browsers load it, so no string in it may hold a manifest. Code for a server may read one. */
  readonly isForBrowsers?: boolean
}

/** How a manifest would be published: as an output file, or inside one. */
interface Published {
  /** Absolute. */
  readonly manifest: string
  readonly way: string
  /** Default: the file as it is. */
  readonly what?: 'file' | 'module'
}

/** What a host does with images that are named by a URL. */
export interface UrlSupport {
  /** Whether what a file, absolute, names was replaced: another file holds the reference. */
  isHandled(this: void, file: string): boolean
  /** What to write in place of a reference. */
  advice(this: void, place: Place | undefined, manifest: string): string
}

/** A host that supports imports only. */
const IMPORTS_ONLY: UrlSupport = {
  isHandled: () => false,
  advice: (_, manifest) =>
    `Import the image in JavaScript and use its \`src\`: \`import images from './${path.basename(manifest)}'\`.`,
}

/**
 * Checks the output of a build: bundlers publish every file that HTML, CSS or `new URL` names, and a manifest holds the
 * prompts.
 *
 * @param sources the files that may hold the reference, absolute; called only to report an error.
 * @throws ImagegenError if a manifest is among these files, or in one of them as a data URL.
 */
export function refusePublished(
  project: ProjectManifests | undefined,
  outputs: Iterable<OutputFile>,
  sources: () => Iterable<string>,
  support: UrlSupport = IMPORTS_ONLY,
): void {
  if (project === undefined || project.manifests.length === 0) return
  const search = createSearch(project)
  for (const output of outputs) {
    const published = search(output)
    if (published !== undefined) throw publishedError(published, project.root, sources(), support)
  }
}

/**
 * The error for a manifest that would be published.
 *
 * @param sources the files that may hold the reference, absolute.
 */
export function publishedError(
  { manifest, way, what = 'file' }: Published,
  root: string,
  sources: Iterable<string>,
  { isHandled, advice }: UrlSupport = IMPORTS_ONLY,
): ImagegenError {
  const place = placeOfReference(manifest, sources, root, isHandled)
  const name = toPosix(path.relative(root, manifest))
  const published =
    what === 'file' ? `${name} with its prompts` : `the module of ${name} in place of a picture`
  return new ImagegenError('manifest', {
    message: `The build would publish ${published}, ${way}.`,
    ...(place === undefined ? {} : { place }),
    hint: `${advice(place, manifest)} To publish a file on purpose, add it to the option \`exclude\`.`,
  })
}

/** The error for a request that loads the text or the URL of a manifest itself. */
export function publishedQueryError(
  query: string,
  manifest: string,
  session: KnowsManifests,
  importer: string | undefined,
): ImagegenError {
  const root = session.manifests()?.root ?? path.dirname(manifest)
  const asking = importer === undefined ? 'an import' : toPosix(path.relative(root, importer))
  const way = `because ${asking} asks for the file itself with \`?${query}\``
  return publishedError({ manifest, way }, root, importer === undefined ? [] : [importer])
}

/**
 * Refuses manifests in a folder that a host copies to its output, before anything is requested.
 *
 * @param folder absolute; it may be missing.
 * @throws ImagegenError that names the first one.
 */
export async function refusePublic(folder: string, session: KnowsManifests): Promise<void> {
  const found = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.ya?ml$/i.test(name),
      )
    : []
  for (const name of found.sort()) {
    const manifest = path.join(folder, name)
    if (!(await session.reads(manifest))) continue
    const root = session.manifests()?.root ?? folder
    throw new ImagegenError('manifest', {
      message: `The build would publish ${toPosix(path.relative(root, manifest))} with its prompts: ${toPosix(path.relative(root, folder))}/ is copied as it is.`,
      hint: 'Move the manifest into the folder of the code that imports it. To publish a file on purpose, add it to the option `exclude`.',
    })
  }
}

function createSearch({
  manifests,
}: ProjectManifests): (output: OutputFile) => Published | undefined {
  const byText = new Map(manifests.map(({ file, text }) => [text, file]))
  const bareTexts = manifests.map(({ file, text }) => ({ file, bare: bareText(text) }))
  const files = new Set(manifests.map(({ file }) => path.normalize(file)))
  const sizes = new Set(manifests.map(({ text }) => Buffer.byteLength(text)))
  const longest = Math.max(...sizes) + BYTE_ORDER_MARK
  const isSized = (length: number): boolean =>
    sizes.has(length) || sizes.has(length - BYTE_ORDER_MARK)

  const manifestOf = (bytes: Uint8Array): string | undefined =>
    isSized(bytes.byteLength) ? byText.get(new TextDecoder().decode(bytes)) : undefined

  return ({ name, content, sources = [], isForBrowsers = false }) => {
    const source = sources.find((file) => files.has(path.normalize(file)))
    const manifest =
      source ?? (typeof content === 'string' ? byText.get(content) : manifestOf(content))
    if (manifest !== undefined) return { manifest, way: `as ${name}` }
    const text = textOf(name, content)
    for (const bytes of text === undefined ? [] : dataUrls(text, longest)) {
      const inlined = manifestOf(bytes)
      if (inlined !== undefined) return { manifest: inlined, way: `as a data URL in ${name}` }
    }
    if (!isForBrowsers || text === undefined || !text.includes('prompt')) return undefined
    const bare = bareText(text)
    const quoted = bareTexts.find(
      (each) => each.bare.includes('prompt') && bare.includes(each.bare),
    )
    return quoted && { manifest: quoted.file, way: `as text in ${name}` }
  }
}

/** A text without what code may write differently in a string: line breaks, quotes and escapes. */
function bareText(text: string): string {
  return text.replaceAll(/\\u[\da-f]{4}|\\[nrt]|[^!-~]|["'`\\]/gi, '')
}

const BYTE_ORDER_MARK = 3

/** The text of a file that may hold a data URL; undefined for pictures, fonts and the like. */
function textOf(name: string, content: string | Uint8Array): string | undefined {
  if (typeof content === 'string') return content
  return /\.(?:[cm]?js|css|html?|svg|json|webmanifest|xml)$/i.test(name)
    ? new TextDecoder().decode(content)
    : undefined
}

/** The contents of a text's data URLs that are not longer than a manifest. */
function* dataUrls(text: string, longest: number): Iterable<Uint8Array> {
  for (const match of text.matchAll(/\bdata:[\w.+/;= -]{0,100},/g)) {
    const isBase64 = match[0].endsWith(';base64,')
    const body = isBase64 ? /[\w+/=-]*/y : /[^"'`()\s<>\\]*/y
    body.lastIndex = match.index + match[0].length
    const [written = ''] = body.exec(text) ?? []
    // At most three characters per byte.
    if (written.length > longest * 3 || written === '') continue
    yield isBase64 ? Buffer.from(written, 'base64') : Buffer.from(decoded(written))
  }
}

function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    // A literal percent sign.
    return written
  }
}
