import type { Pipeline, Survey } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'

type PlannedImage = Survey['plan']['images'][number]

/**
 * The one image that an id or a name means.
 *
 * @throws ImagegenError with code `usage` where it means several.
 */
export function oneImage(id: string, pipeline: Pipeline, survey: Survey): PlannedImage {
  const { images } = pipeline.select(survey, [id])
  const [image] = images.filter(({ entry }) => entry.id === id).concat(images)
  if (image !== undefined && (images.length === 1 || image.entry.id === id)) return image
  throw new ImagegenError('usage', {
    message: `\`${id}\` means ${images.length} images: ${images.map(({ entry }) => entry.id).join(', ')}.`,
    hint: 'Give the id of one.',
  })
}
