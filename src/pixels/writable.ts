import { loadSharp } from './sharp.ts'

/** A format as `output.formats` names it. */
export type WrittenFormat = 'avif' | 'webp' | 'jpeg' | 'png' | 'gif' | 'jxl'

/** Whether the installed sharp can write a format. That depends on how its libvips was built. */
export async function canWrite(format: WrittenFormat): Promise<boolean> {
  const sharp = await loadSharp()
  return sharp.format[format === 'avif' ? 'heif' : format].output.buffer
}
