import type { Provenance } from './rendition.ts'

/** IPTC's terms for pictures that a trained model has made, alone or with a person's edits. */
const DIGITAL_SOURCE_TYPES = 'http://cv.iptc.org/newscodes/digitalsourcetype/'
const GENERATED = `${DIGITAL_SOURCE_TYPES}trainedAlgorithmicMedia`
const EDITED = `${DIGITAL_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia`

/**
 * The XMP packet that states a picture's origin: `DigitalSourceType` and `AISystemUsed` of the IPTC Photo Metadata
 * Standard 2025.1. The model is repeated as `CreatorTool`, which older programs show.
 *
 * @see https://iptc.org/std/photometadata/specification/IPTC-PhotoMetadata
 */
export function provenanceXmp({ model, isEdited }: Provenance): string {
  const name = model === undefined ? undefined : escapeXml(model)
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about=""',
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
    ` Iptc4xmpExt:DigitalSourceType="${isEdited === true ? EDITED : GENERATED}"`,
    ...(name === undefined
      ? []
      : [` Iptc4xmpExt:AISystemUsed="${name}"`, ` xmp:CreatorTool="${name}"`]),
    '/>',
    '</rdf:RDF></x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('')
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  }
  return (
    text
      // XML cannot represent these characters.
      .replaceAll(/[\u0000-\u001f\u007f\ufffe\uffff]/g, ' ')
      .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
  )
}

/** The length of a GIF's signature and logical screen descriptor. */
const HEADER_LENGTH = 13

/** The start of an application extension with XMP: introducer, label, and the 11 bytes of its name. */
const EXTENSION_START = Buffer.from('\x21\xFF\x0BXMP DataXMP', 'latin1')

/**
 * The trailer after the packet. A GIF contains XMP unchanged, not in sub-blocks, so a program without XMP support reads
 * the packet's bytes as lengths and jumps. Wherever it lands in these descending bytes, they lead it to the end.
 */
const MAGIC_TRAILER = Buffer.from([
  0x01,
  ...Array.from({ length: 256 }, (_, index) => 255 - index),
  0x00,
])

/**
 * Puts an XMP packet into a GIF, which libvips does not do.
 *
 * @param xmp a packet without null bytes.
 * @throws Error where the bytes are not a GIF.
 * @see https://developer.adobe.com/xmp/docs/XMPSpecifications/ part 3, GIF
 */
export function embedXmpInGif(gif: Uint8Array, xmp: string): Buffer {
  const bytes = Buffer.from(gif.buffer, gif.byteOffset, gif.byteLength)
  if (bytes.length < HEADER_LENGTH || bytes.toString('latin1', 0, 3) !== 'GIF') {
    throw new Error('these bytes are not a GIF')
  }
  const start = HEADER_LENGTH + colourTableLength(bytes.readUInt8(10))
  return Buffer.concat([
    // Extensions came with this version of the format.
    Buffer.from('GIF89a', 'latin1'),
    bytes.subarray(6, start),
    EXTENSION_START,
    Buffer.from(xmp, 'utf8'),
    MAGIC_TRAILER,
    bytes.subarray(start),
  ])
}

/** The bytes of the global colour table: three for each of the 2, 4, … 256 colours, if there is one. */
function colourTableLength(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
}
