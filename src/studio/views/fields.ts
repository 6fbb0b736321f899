import type { ImageEntry, PlannedImage, Survey } from '../../pipeline.ts'
import { imagesSharing } from '../../pipeline/edit/edit-target.ts'
import type { EditableField, ImageDetail } from '../protocol-image.ts'

type Fields = Pick<
  ImageDetail,
  'combination' | 'sharing' | 'prompt' | 'alt' | 'seed' | 'aspectRatio' | 'size'
>

/** The fields that the studio edits: as they are in effect, and as they are written. */
export function fieldsOf(image: PlannedImage, survey: Survey): Fields {
  const { entry, made } = image
  const subject = made?.subject
  const isGenerated = subject !== undefined
  return {
    combination: entry.combination === undefined ? null : Object.fromEntries(entry.combination),
    sharing: imagesSharing(image, survey).length,
    prompt: field(entry, 'prompt', subject?.prompt, isGenerated),
    alt: field(entry, 'alt', entry.alt, true),
    seed: field(entry, 'seed', subject?.seed, isGenerated),
    aspectRatio: field(entry, 'aspectRatio', subject?.aspectRatio, isGenerated),
    size: field(entry, 'size', subject?.size, isGenerated),
  }
}

type FieldName = 'prompt' | 'alt' | 'seed' | 'aspectRatio' | 'size'

function field<Value extends string | number>(
  { manifest, path, overrides }: ImageEntry,
  name: FieldName,
  effective: Value | undefined,
  editable: boolean,
): EditableField<Value> {
  const { images, defaults, form } = manifest.content
  const own =
    form === 'single' ? images[0] : images.find((image) => image.name === String(path.at(-1)))
  const written = <Text>(text: Text | undefined): Value | undefined => text as Value | undefined
  const value = effective ?? null
  // An override of the options is written nowhere in the manifest.
  const override = overrides.findLast(({ fields }) => fields[name] !== undefined)
  const overriding = written(override?.fields[name])
  if (overriding !== undefined) {
    const from = override?.path === undefined ? 'inherited' : 'override'
    return { value, written: overriding, from, editable }
  }
  const inImage = written(own?.settings[name])
  if (inImage !== undefined) return { value, written: inImage, from: 'image', editable }
  if (effective === undefined) return { value, written: null, from: 'unset', editable }
  return { value, written: written(defaults[name]) ?? effective, from: 'inherited', editable }
}
