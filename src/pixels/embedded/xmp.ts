/** What an XMP packet says about how a picture was made. */
export interface XmpFacts {
  /** `dc:description`, in the default language. */
  readonly description: string | undefined
  /** The model, where the packet says that one made the picture. */
  readonly model: string | undefined
}

/** Packets have some kilobytes; a longer one is not searched. */
const LONGEST_PACKET = 4 * 1024 * 1024

/**
 * Reads an XMP packet as programs write it: values as attributes, as plain elements, or as lists of alternatives. It
 * searches the text, because a full XML parser would be a dependency for three fields.
 */
export function readXmp(packet: string): XmpFacts {
  if (packet.length > LONGEST_PACKET) return { description: undefined, model: undefined }
  const sourceType = valueOf(packet, 'Iptc4xmpExt:DigitalSourceType') ?? ''
  const isGenerated = /trainedAlgorithmicMedia$/i.test(sourceType.trim())
  return {
    description: valueOf(packet, 'dc:description'),
    // `CreatorTool` alone is any program: a camera, or an editor.
    model:
      valueOf(packet, 'Iptc4xmpExt:AISystemUsed') ??
      (isGenerated ? valueOf(packet, 'xmp:CreatorTool') : undefined),
  }
}

/** The value of a property; `undefined` where it is absent or empty. */
function valueOf(packet: string, name: string): string | undefined {
  const raw = attributeOf(packet, name) ?? elementOf(packet, name)
  const text = raw === undefined ? '' : decodeEntities(raw).trim()
  return text === '' ? undefined : text
}

function attributeOf(packet: string, name: string): string | undefined {
  for (const quote of ['"', "'"]) {
    const start = packet.indexOf(`${name}=${quote}`)
    if (start < 0) continue
    const from = start + name.length + 2
    const end = packet.indexOf(quote, from)
    if (end >= 0) return packet.slice(from, end)
  }
  return undefined
}

function elementOf(packet: string, name: string): string | undefined {
  const start = packet.indexOf(`<${name}`)
  const open = start < 0 ? -1 : packet.indexOf('>', start)
  const end = open < 0 ? -1 : packet.indexOf(`</${name}>`, open)
  if (end < 0) return undefined
  const inner = packet.slice(open + 1, end)
  const item = defaultItem(inner)
  if (item !== undefined) return item
  return inner.includes('<') ? undefined : inner
}

/** The item of `x-default` in a list of alternatives, else the first. */
function defaultItem(list: string): string | undefined {
  const marked = list.indexOf('x-default')
  const start = marked < 0 ? list.indexOf('<rdf:li') : list.lastIndexOf('<rdf:li', marked)
  const open = start < 0 ? -1 : list.indexOf('>', start)
  const end = open < 0 ? -1 : list.indexOf('</rdf:li>', open)
  return end < 0 ? undefined : list.slice(open + 1, end)
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function decodeEntities(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const isHex = name[1] === 'x' || name[1] === 'X'
    const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
  })
}
