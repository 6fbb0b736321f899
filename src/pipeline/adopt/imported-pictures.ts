import { statSync } from 'node:fs'
import path from 'node:path'
import { plainLines } from '../../manifest/edit/compose.ts'
import { normaliseText } from '../../manifest/resolve/merge-settings.ts'
import { exportNameOf, isImageName } from '../../manifest/schema/names.ts'
import type { ResolvedModel } from '../../model/resolved-model.ts'
import { readEmbeddedPrompt } from '../../pixels/embedded/embedded-prompt.ts'
import { decodeText } from '../../pixels/embedded/plain-bytes.ts'
import { sniffMediaType } from '../../pixels/media-type.ts'
import { refusalsOfRecipe } from '../../plan/refusals.ts'
import { throwIfAborted } from '../../shared/abort.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { readFileIfThere } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { clause } from '../../shared/plain-text.ts'
import { inspectAdopted, type AdoptedPicture } from '../../store/arrive/adopted-receipt.ts'
import { readPicture } from './given-picture.ts'
import { listPictures, stemOf } from './picture-folder.ts'

/** A picture of a folder that is imported, without its bytes. */
export interface FoundPicture {
  /** Absolute. */
  readonly file: string
  /** The image's name in the manifest: unique and valid. */
  readonly name: string
  readonly sha256: string
  /** The prompt that came with it, normalised; `undefined` without one. */
  readonly prompt: string | undefined
  /** How it becomes an image of the manifest. */
  readonly as: FoundAs
}

/** A candidate of its prompt, or a file that `source` names, and why. */
export type FoundAs =
  | {
      readonly kind: 'candidate'
      readonly picture: AdoptedPicture
      readonly prompt: string
      /** The model that made it, if the picture says so. */
      readonly model: string | undefined
    }
  | { readonly kind: 'source'; readonly reason: string }

/** A file of a folder that is not imported, and why. */
export interface SkippedFile {
  /** Its name in the folder. */
  readonly file: string
  readonly reason: string
}

/** The largest `.txt` beside a picture that counts as its prompt, in bytes. */
const LONGEST_CAPTION = 256 * 1024

/**
 * Reads every picture of a folder: its size, and the prompt in it or in a `.txt` beside it.
 *
 * @param model the one that images without `model` use, to tell what it would refuse; `undefined` without one.
 * @throws ImagegenError with code `usage` for what is not a folder, or with code `aborted`.
 */
export async function readPictures(
  folder: string,
  model: ResolvedModel | undefined,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<{ readonly found: readonly FoundPicture[]; readonly skipped: readonly SkippedFile[] }> {
  const { pictures, others, folders } = listPictures(folder)
  const captions = new Set(pictures.flatMap((name) => captionsOf(name)))
  const skipped: SkippedFile[] = [
    ...others
      .filter((file) => !captions.has(file))
      .map((file) => ({ file, reason: 'not a supported picture' })),
    ...folders.map((file) => ({ file, reason: 'a folder: import it by itself' })),
  ]
  const nameFor = createNaming()
  const found: FoundPicture[] = []
  for (const [index, shown] of pictures.entries()) {
    throwIfAborted(signal)
    const file = path.join(folder, shown)
    try {
      found.push({ ...(await readOne(file, model)), name: nameFor(stemOf(shown)) })
    } catch (error) {
      if (!(error instanceof ImagegenError)) throw error
      skipped.push({ file: shown, reason: clause(error.problems[0]?.message ?? error.message) })
    }
    onProgress(index + 1, pictures.length)
  }
  return { found, skipped }
}

async function readOne(
  file: string,
  model: ResolvedModel | undefined,
): Promise<Omit<FoundPicture, 'name'>> {
  const { bytes } = readPicture({ kind: 'file', file })
  const source = (reason: string, prompt?: string): Omit<FoundPicture, 'name'> => ({
    file,
    sha256: sha256(bytes),
    prompt,
    as: { kind: 'source', reason },
  })
  const embedded = await readEmbeddedPrompt(bytes)
  const written = embedded.prompt ?? captionBeside(file)
  const prompt = written === undefined ? '' : normaliseText(plainLines(written))
  if (sniffMediaType(bytes) === 'image/svg+xml') {
    return source('An SVG is drawn from its text and has no pixels of its own.')
  }
  const picture = await inspectAdopted(bytes, path.basename(file))
  if (prompt === '') return source('No prompt was found in it or beside it.')
  const size = `${picture.width}x${picture.height}`
  const refused = model === undefined ? [] : refusalsOfRecipe({ prompt, size }, model)
  if (refused.length > 0) {
    return source(
      refused.map(({ message, hint = '' }) => `${message} ${hint}`.trim()).join(' '),
      prompt,
    )
  }
  return {
    file,
    sha256: picture.sha256,
    prompt,
    as: { kind: 'candidate', picture, prompt, model: embedded.model },
  }
}

/** The names of the files that may hold a picture's prompt: `kira.txt`, as training tools write it, or `kira.png.txt`. */
function captionsOf(name: string): readonly string[] {
  return [`${path.parse(name).name}.txt`, `${name}.txt`]
}

function captionBeside(file: string): string | undefined {
  for (const name of captionsOf(path.basename(file))) {
    const caption = path.join(path.dirname(file), name)
    const stats = statSync(caption, { throwIfNoEntry: false })
    if (stats?.isFile() !== true || stats.size > LONGEST_CAPTION) continue
    const text = decodeText(readFileIfThere(caption) ?? new Uint8Array()).replace(/^\uFEFF/, '')
    if (text.trim() !== '') return text
  }
  return undefined
}

/** Characters of a name that are kept. */
const LONGEST_NAME = 100

/** Turns file names into names of images that are valid, and distinct as names and as exports. */
function createNaming(): (stem: string) => string {
  const taken = new Set<string>()
  return (stem) => {
    const base = validName(stem)
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}-${number}`
      // Names that a file system without upper case takes for one stay apart too.
      const forms = [name.toLowerCase(), `export ${exportNameOf(name) ?? name}`]
      if (forms.some((form) => taken.has(form))) continue
      for (const form of forms) taken.add(form)
      return name
    }
  }
}

/** A valid name for an image that is as close to a text as possible. */
export function validName(text: string): string {
  const characters = text.normalize('NFC').replaceAll(/[^\p{L}\p{M}\p{N}_.-]+/gu, '-')
  const plain = [...characters]
    .slice(0, LONGEST_NAME)
    .join('')
    .replace(/^[^\p{L}\p{N}_]+/u, '')
    .replace(/[-.]+$/, '')
  if (plain === '') return 'picture'
  return isImageName(plain) ? plain : `picture-${plain}`
}
