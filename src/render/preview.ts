import type { PlaceholderKind } from '../manifest/schema/output.ts'
import type { FinishedPicture } from './finished-picture.ts'
import { renderError } from './render-error.ts'

/** What a page shows until the picture is loaded. */
export interface Preview {
  /** A tiny WebP as a data URL, of about 200 characters. */
  readonly blurDataURL?: string
  /** The average colour of the visible parts, `#rrggbb`. */
  readonly color?: string
  /** Only with one of the two, where the page is seen through parts of the picture. */
  readonly alpha?: true
}

/** The longer side of the blurred picture, in pixels. Browsers smooth it, so more detail would only add bytes. */
const BLUR_SIDE = 8

/**
 * Draws the placeholder that `output.placeholder` requests.
 *
 * @throws ImagegenError with code `render`.
 */
export async function drawPreview(
  picture: FinishedPicture,
  kind: PlaceholderKind,
): Promise<Preview> {
  try {
    if (kind === 'none') return {}
    const drawn =
      kind === 'blur'
        ? { blurDataURL: await drawBlur(picture) }
        : { color: await averageColour(picture) }
    return (await isOpaque(picture)) ? drawn : { ...drawn, alpha: true }
  } catch (error) {
    throw renderError(
      'The placeholder cannot be drawn',
      error,
      'Check that the original is intact.',
    )
  }
}

async function drawBlur(picture: FinishedPicture): Promise<string> {
  const pipeline = await picture.open()
  const bytes = await pipeline
    .resize(BLUR_SIDE, BLUR_SIDE, { fit: 'inside' })
    .webp({ quality: 50, alphaQuality: 50, effort: 6 })
    .toBuffer()
  return `data:image/webp;base64,${bytes.toString('base64')}`
}

async function averageColour(picture: FinishedPicture): Promise<string> {
  const pipeline = await picture.open()
  const channels = await pipeline.resize(1, 1, { fit: 'fill' }).removeAlpha().raw().toBuffer()
  return `#${channels.toString('hex')}`
}

/** Exactly: a small hole is lost in an average. */
async function isOpaque(picture: FinishedPicture): Promise<boolean> {
  const pipeline = await picture.open()
  if (!(await pipeline.metadata()).hasAlpha) return true
  return (await pipeline.stats()).isOpaque
}
