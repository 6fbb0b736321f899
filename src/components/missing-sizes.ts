import type { GeneratedImage } from '../emit/generated-image.ts'

/** One warning for each image, however often it is rendered. */
const warned = /* @__PURE__ */ new WeakSet<Readonly<GeneratedImage>>()

/**
 * Warns in development of an image in several widths whose `sizes` nobody gave. Production builds do not contain it:
 * bundlers replace exactly `process.env.NODE_ENV`, so nothing may be asked before it. Where nothing replaces it, browsers
 * have no `process`, and that is production.
 */
export function warnOfMissingSizes(image: Readonly<GeneratedImage>): void {
  try {
    if (process.env.NODE_ENV === 'development') {
      if (warned.has(image)) return
      warned.add(image)
      console.warn(
        `[imagegen] ${image.src} is shown without \`sizes\`, so browsers assume that it is as wide as the window and ` +
          'load a file that may be too large. Say how wide it is shown: sizes="(max-width: 700px) 100vw, 640px".',
      )
    }
  } catch {
    // No `process`.
  }
}
