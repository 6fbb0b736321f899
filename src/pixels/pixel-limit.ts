/** The largest picture that is ever decoded, in pixels: beyond it a file is taken for a decompression bomb. */
export const PIXEL_LIMIT = 100_000_000
