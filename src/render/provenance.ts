import type { Provenance } from './rendition.ts'

/** IPTC's term for pictures that a trained model has made. */
const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'

/**
 * The XMP packet that says where a picture comes from: `DigitalSourceType` and `AISystemUsed` of the IPTC Photo Metadata
 * Standard 2025.1, and the model once more as `CreatorTool`, which older programs show.
 *
 * @see https://iptc.org/std/photometadata/specification/IPTC-PhotoMetadata
 */
export function provenanceXmp({ model }: Provenance): string {
  const name = escapeXml(model)
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about=""',
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
    ` Iptc4xmpExt:DigitalSourceType="${DIGITAL_SOURCE_TYPE}"`,
    ` Iptc4xmpExt:AISystemUsed="${name}"`,
    ` xmp:CreatorTool="${name}"/>`,
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
      // XML has no way to write these.
      .replaceAll(/[\u0000-\u001f\u007f\ufffe\uffff]/g, ' ')
      .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
  )
}
