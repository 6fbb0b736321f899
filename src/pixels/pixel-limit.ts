/** The largest picture that is decoded, in pixels. A larger one counts as a decompression bomb. */
export const PIXEL_LIMIT = 100_000_000
