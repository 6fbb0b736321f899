import { loadSharp } from './sharp.ts'

/** A format as `output.formats` names it. */
export type WrittenFormat = 'avif' | 'webp' | 'jpeg' | 'png' | 'gif' | 'jxl'

/** Whether the sharp that is installed writes a format: that depends on what its libvips was built with. */
export async function canWrite(format: WrittenFormat): Promise<boolean> {
  const sharp = await loadSharp()
  return sharp.format[format === 'avif' ? 'heif' : format].output.buffer
}
