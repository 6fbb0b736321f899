import { sniffMediaType } from '../media-type.ts'
import { openImage } from '../sharp.ts'
import { readComfyGraph } from './comfyui.ts'
import { userCommentOf } from './exif.ts'
import { readParameters } from './generation-parameters.ts'
import { readPngChunks, xmpOf } from './png-chunks.ts'
import { readXmp } from './xmp.ts'

/** What a picture says about itself. */
export interface EmbeddedPrompt {
  readonly prompt: string | undefined
  /** The model that made the picture. */
  readonly model: string | undefined
}

/**
 * Reads the prompt and the model that image generators leave in their pictures: in the text chunks of a PNG, in EXIF's
 * `UserComment`, or in XMP. A damaged or hostile picture says nothing.
 */
export async function readEmbeddedPrompt(bytes: Uint8Array): Promise<EmbeddedPrompt> {
  const isPng = sniffMediaType(bytes) === 'image/png'
  const chunks = isPng ? readPngChunks(bytes) : undefined
  const parameters = chunks?.texts.get('parameters')
  const graph = chunks?.texts.get('prompt')
  const { exif, xmp } = await metadataOf(bytes)
  const exifBlock = chunks?.exif ?? exif
  const comment = exifBlock === undefined ? undefined : userCommentOf(exifBlock)
  const packet = (chunks === undefined ? undefined : xmpOf(chunks)) ?? xmp
  const facts = packet === undefined ? undefined : readXmp(packet)
  const found = [
    parameters === undefined ? undefined : readParameters(parameters),
    graph === undefined ? undefined : readComfyGraph(graph),
    comment === undefined ? undefined : (readComfyGraph(comment) ?? readParameters(comment)),
    { prompt: chunks?.texts.get('Description')?.trim() || undefined, model: undefined },
    { prompt: facts?.description, model: facts?.model },
  ]
  return {
    prompt: found.find((each) => each?.prompt !== undefined)?.prompt,
    model: found.find((each) => each?.model !== undefined)?.model,
  }
}

async function metadataOf(
  bytes: Uint8Array,
): Promise<{ readonly exif: Uint8Array | undefined; readonly xmp: string | undefined }> {
  try {
    const { exif, xmpAsString } = await (await openImage(bytes)).metadata()
    return { exif, xmp: xmpAsString }
  } catch {
    return { exif: undefined, xmp: undefined }
  }
}
