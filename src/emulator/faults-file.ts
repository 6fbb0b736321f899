import { isNode, parseDocument } from 'yaml'
import { ImagegenError } from '../shared/errors.ts'
import { readFileIfThere } from '../shared/files.ts'
import { placeAt } from '../shared/place.ts'
import { parseFaults } from './faults.ts'
import type { Fault } from './faults.ts'

/**
 * Reads a script of faults: a JSON (or YAML) file with a list of them.
 *
 * @throws ImagegenError with code `usage`, with the place of every problem.
 */
export function readFaultsFile(file: string): Fault[] {
  const bytes = readFaultBytes(file)
  const text = bytes.toString('utf8')
  // JSON is YAML, and the YAML parser reports positions.
  const document = parseDocument(text, { prettyErrors: false })
  if (document.errors.length > 0) {
    throw new ImagegenError(
      'usage',
      document.errors.map((error) => ({
        message: error.message,
        place: placeAt(file, text, error.pos[0]),
      })),
    )
  }
  return parseFaults(document.toJS({ maxAliasCount: 100 }), (path) => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      if (isNode(node)) return placeAt(file, text, node.range?.[0] ?? 0)
    }
    return placeAt(file, text, 0)
  })
}

function readFaultBytes(file: string): Buffer {
  let cause: unknown
  try {
    const bytes = readFileIfThere(file)
    if (bytes !== undefined) return bytes
  } catch (error) {
    cause = error
  }
  throw new ImagegenError(
    'usage',
    {
      message: `The file with the faults cannot be read: ${file}`,
      hint: 'Give the path of a JSON file with a list such as [{ "kind": "status", "code": 1002 }].',
    },
    { cause },
  )
}
