import { messageOf } from '../../shared/errors.ts'
import type { MediaVariant } from '../entry.ts'
import type { DocumentPath } from '../manifest.ts'
import { namesNoImage } from '../read/extend.ts'
import { mediaQueryFault } from '../schema/media-query.ts'
import type { MediaSettings } from '../schema/output.ts'
import { homeOf } from '../written.ts'
import type { ImageDraft } from './expand.ts'
import { type Fail, type KnownImages, entryReference, parseReference } from './references.ts'

/** What resolving `output.media` needs beyond the image. */
export interface MediaContext {
  readonly known: KnownImages
  readonly fill: (field: DocumentPath, text: string) => string
  readonly fail: Fail
}

/** Resolves an image's `output.media`, or reports what is wrong with it. */
export function resolveMedia(
  written: readonly MediaSettings[],
  draft: ImageDraft,
  context: MediaContext,
): readonly MediaVariant[] {
  const queries = new Set<string>()
  return written.flatMap(({ media: text, image, ...settings }, index): MediaVariant[] => {
    const field = ['output', 'media', index]
    const media = text.trim()
    const fault = mediaQueryFault(media)
    if (fault !== undefined) {
      context.fail([...field, 'media'], fault.message, fault.hint)
      return []
    }
    if (queries.has(media)) {
      context.fail(
        [...field, 'media'],
        `\`${media}\` is there twice: the first one is always shown.`,
        'Remove one of them.',
      )
      return []
    }
    queries.add(media)
    if (image !== undefined) {
      const id = imageFor(image, [...field, 'image'], draft, context)
      return id === undefined ? [] : [{ media, image: id, settings }]
    }
    if (Object.keys(settings).length === 0) {
      context.fail(
        field,
        `\`${media}\` shows the same picture as everywhere else.`,
        'Add `image` with another image, or what differs: `aspectRatio`, `position`, `widths`.',
      )
      return []
    }
    return [{ media, image: undefined, settings }]
  })
}

/** The id of another image, which may be generated or made by hand. */
function imageFor(
  written: string,
  field: DocumentPath,
  draft: ImageDraft,
  { known, fill, fail }: MediaContext,
): string | undefined {
  const text = fill(field, written)
  if (text === '') return undefined
  const home = homeOf(draft, field)
  if (text.startsWith('#') && home.content.form === 'style') {
    const { message, hint } = namesNoImage(text)
    return fail(field, message, hint)
  }
  let target: ReturnType<typeof parseReference>
  try {
    target = parseReference(text, home, known.root)
  } catch (error) {
    return fail(field, messageOf(error))
  }
  if (target.kind !== 'entry') {
    return fail(
      field,
      `\`${text}\` is not an image of a manifest.`,
      'Name one: `"#name"` or `./other.image.yaml#name`. A file becomes an image with `source`.',
    )
  }
  const found = entryReference(text, target, field, known, fail)
  if (found?.id !== draft.id) return found?.id
  return fail(
    field,
    `\`${text}\` is the image itself.`,
    'Leave `image` out for another crop of it. An image that should not have the `media` of its defaults takes `output: { media: [] }`.',
  )
}
