import path from 'node:path'
import { generatedImage, type GeneratedImage } from '../emit/generated-image.ts'
import type { Pipeline, Survey } from '../pipeline.ts'
import { sha256 } from '../shared/hash.ts'

type PlannedImage = Survey['plan']['images'][number]
type Rendered = Awaited<ReturnType<Pipeline['render']>>
type Rendition = Rendered['renditions'][number]

/**
 * Where the images of a project go: `src/cast.image.yaml#kira` to `src/cast/kira`, to which width and ending are added.
 * The name says what it is and stays the same when the picture changes. Names that some systems take for one another
 * are told apart by a part of the id's hash.
 */
export function exportNames(images: readonly PlannedImage[]): (id: string) => string {
  const uses = new Map<string, number>()
  for (const { entry } of images) {
    const name = fold(plainName(entry.id))
    uses.set(name, (uses.get(name) ?? 0) + 1)
  }
  return (id) => {
    const name = plainName(id)
    const isShared = (uses.get(fold(name)) ?? 0) > 1
    return isShared ? `${name}-${sha256(id).slice(0, 8)}` : name
  }
}

function plainName(id: string): string {
  return id
    .replace(/\.image\.ya?ml(#|$)/i, (_, hash: string) => (hash === '' ? '' : '/'))
    .split('/')
    .map((part) => (part === '..' ? '_' : part.replaceAll(/[^\p{L}\p{M}\p{N}_.-]/gu, '_')))
    .join('/')
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** The file name of a rendition of an image that is exported as `name`. */
export function exportedFile(name: string, { width, file }: Rendition): string {
  return `${name}-${width}${path.extname(file)}`
}

/** What a build's import gives, with file names from the exported folder for URLs. */
export function exportedImage(name: string, alt: string, rendered: Rendered): GeneratedImage {
  return generatedImage(alt, rendered, {
    url: (rendition) => exportedFile(name, rendition),
    plain: (text) => text,
    join: (parts) => parts.join(''),
  })
}
