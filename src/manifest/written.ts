import type { Problem } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import type { ImageEntry } from './entry.ts'
import { type DocumentPath, type Manifest, placeOf } from './manifest.ts'
import { chainTo } from './read/extend.ts'

/** What decides where a field of an image is written. */
type WrittenImage = Pick<ImageEntry, 'manifest' | 'path' | 'own' | 'overrides'>

/**
 * The manifest that a field's value comes from: the image's own, or one that it extends. Relative paths start there.
 *
 * @param field a path into the image's settings, such as `['references', 0]`.
 */
export function homeOf(image: WrittenImage, field: DocumentPath): Manifest {
  return originOf(image, field).home
}

/**
 * Where a field of an image is written, for a problem: in the image or one of its overrides, or in a file that its
 * manifest extends, with the `extends` that lead there.
 */
export function writtenAt(
  image: WrittenImage,
  field: DocumentPath,
  part: 'key' | 'value',
): Required<Pick<Problem, 'place'>> & Pick<Problem, 'through'> {
  const { home, path } = originOf(image, field)
  const place = placeOf(home, [...path, ...field], part)
  return home === image.manifest ? { place } : { place, through: [chainTo(image.manifest, home)] }
}

/** Where the fields start among which a field is written. */
function originOf(
  { manifest, path, own, overrides }: WrittenImage,
  field: DocumentPath,
): { readonly home: Manifest; readonly path: DocumentPath } {
  const override = overrides.findLast(({ fields }) => isSet(fields, field))
  if (override !== undefined) return { home: override.home, path: override.path ?? path }
  // Nearly all manifests.
  if (manifest.styles.length === 0) return { home: manifest, path }
  for (let length = field.length; length > 0; length--) {
    const part = field.slice(0, length)
    if (isSet(own, part) || isSet(manifest.content.defaults, part)) break
    const style = manifest.styles.findLast(({ content }) => isSet(content.defaults, part))
    if (style !== undefined) return { home: style, path: ['defaults'] }
  }
  return { home: manifest, path }
}

/** Starts a message with the image's name, unless the fault is in a style, and so the same for all of its images. */
export function faultAt(
  image: WrittenImage & { readonly name: string },
  field: DocumentPath,
  part: 'key' | 'value',
  message: string,
): Problem {
  const written = writtenAt(image, field, part)
  return {
    message: written.through === undefined ? `${image.name}: ${message}` : message,
    ...written,
  }
}

function isSet(settings: object, path: DocumentPath): boolean {
  let value: unknown = settings
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)]
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step]
    else return false
  }
  return value !== undefined
}
