import type { EditedFields } from '../../protocol-actions.ts'
import type { ImageDetail } from '../../protocol-image.ts'

/** What a person types into the fields of an image: all of it text. */
export interface Draft {
  readonly prompt: string
  readonly alt: string
  readonly seed: string
  readonly aspectRatio: string
  readonly size: string
}

/** The fields as they are written. */
export function draftOf(image: ImageDetail): Draft {
  return {
    prompt: image.prompt.written ?? '',
    alt: image.alt.written ?? '',
    seed: image.seed.written === null ? '' : String(image.seed.written),
    aspectRatio: image.aspectRatio.written ?? '',
    size: image.size.written ?? '',
  }
}

/** What differs from the manifest; an emptied field is removed from it, but an alt, which then says: decoration. */
export function fieldsOf(image: ImageDetail, draft: Draft): EditedFields {
  const before = draftOf(image)
  const changed = (field: keyof Draft): boolean => draft[field] !== before[field]
  const textOf = (field: 'aspectRatio' | 'size'): string | null =>
    draft[field].trim() === '' ? null : draft[field].trim()
  return {
    ...(changed('prompt') && { prompt: draft.prompt }),
    ...(changed('alt') && { alt: draft.alt }),
    ...(changed('seed') && { seed: draft.seed.trim() === '' ? null : Number(draft.seed) }),
    ...(changed('aspectRatio') && { aspectRatio: textOf('aspectRatio') }),
    ...(changed('size') && { size: textOf('size') }),
  }
}

/** The person's words on a file that has changed meanwhile: what was not touched is as it is now in the file. */
export function rebase(draft: Draft, before: ImageDetail, now: ImageDetail): Draft {
  const [old, next] = [draftOf(before), draftOf(now)]
  const either = (field: keyof Draft): string =>
    draft[field] === old[field] ? next[field] : draft[field]
  return {
    prompt: either('prompt'),
    alt: either('alt'),
    seed: either('seed'),
    aspectRatio: either('aspectRatio'),
    size: either('size'),
  }
}

/** What JSON cannot carry to the server's own validation. */
export function seedProblem(seed: string): string | null {
  if (seed.trim() === '' || Number.isSafeInteger(Number(seed))) return null
  return `A seed is a whole number of at most ${Number.MAX_SAFE_INTEGER}.`
}
