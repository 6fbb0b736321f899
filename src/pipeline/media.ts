import type { ShownImage } from '../emit/shown-image.ts'
import { outputForMedium } from '../manifest/schema/output.ts'
import type { PlannedImage } from '../plan/plan.ts'
import type { RenderedImage } from '../render/render.ts'
import type { Survey } from './survey.ts'

/** What an image shows for one medium. */
export interface MediaImage {
  /** The media query. */
  readonly media: string
  /** The image itself or another one, with the output that it has for this medium. */
  readonly image: PlannedImage
}

/**
 * What an image shows for its media, in order. The media of another image do not count: it is shown as it is. One that
 * has errors is left out.
 */
export function mediaOf(
  image: PlannedImage,
  { images }: Pick<Survey, 'images'>,
): readonly MediaImage[] {
  return image.entry.media.flatMap(({ media, image: id, settings }): MediaImage[] => {
    const shown = id === undefined ? image : images.get(id)
    if (shown === undefined) return []
    // A page shows only the placeholder of the image itself, behind all of them.
    const { placeholder } = image.entry.output
    const output = { ...outputForMedium(shown.entry.output, settings), placeholder }
    return [{ media, image: { ...shown, entry: { ...shown.entry, output, media: [] } } }]
  })
}

/** Whether an image shows another one for a medium that has errors. */
export function lacksMedia({ entry }: PlannedImage, { images }: Pick<Survey, 'images'>): boolean {
  return entry.media.some(({ image }) => image !== undefined && !images.has(image))
}

/** An image with what it shows for its media, each of them rendered by `render`. */
export async function withMedia<Rendered extends RenderedImage>(
  image: PlannedImage,
  survey: Survey,
  render: (image: PlannedImage) => Promise<Rendered>,
): Promise<Rendered & ShownImage> {
  const media = mediaOf(image, survey)
  if (media.length === 0) return render(image)
  const shown = await render(image)
  const others = await Promise.allSettled(media.map((one) => render(one.image)))
  const rendered = others.map((other) => {
    // After all of them have ended, so that nothing writes afterwards.
    if (other.status === 'rejected') throw other.reason
    return other.value
  })
  return {
    ...shown,
    ...(rendered.some(({ alpha }) => alpha) ? { alpha: true } : {}),
    media: rendered.map(({ renditions }, index) => ({
      media: media[index]?.media ?? '',
      renditions,
    })),
  }
}
