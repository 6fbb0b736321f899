import * as v from 'valibot'
import { digest, sha256 } from '../shared/hash.ts'
import type { SharedItems } from '../shared/shared-items.ts'
import { pictureSchema, type PictureRecord } from './rendition-cache.ts'
import { seal, unseal, type Signer } from './sealed.ts'

/** Finished pictures from other machines, verified. Anything that fails verification is treated as a cache miss. */
export interface SharedRenditions {
  readPicture(key: string): Promise<PictureRecord | undefined>
  writePicture(key: string, record: PictureRecord): Promise<void>
  readRendition(key: string): Promise<SharedRendition | undefined>
  writeRendition(key: string, rendition: SharedRendition): Promise<void>
}

export interface SharedRendition {
  readonly bytes: Uint8Array
  readonly size: { readonly width: number; readonly height: number }
}

const renditionSchema = v.strictObject({
  width: v.number(),
  height: v.number(),
  sha256: v.string(),
})

export function shareRenditions(items: SharedItems): SharedRenditions {
  return {
    async readPicture(key) {
      const item = itemOf('pictures', key)
      return open(item, await items.get(item), pictureSchema)?.record
    },
    async writePicture(key, record) {
      const item = itemOf('pictures', key)
      await items.put(item, headOf(item, record))
    },

    async readRendition(key) {
      const item = itemOf('renditions', key)
      const found = open(item, await items.get(item), renditionSchema)
      if (found === undefined || sha256(found.rest) !== found.record.sha256) return undefined
      const { width, height } = found.record
      return { bytes: found.rest, size: { width, height } }
    },
    async writeRendition(key, { bytes, size }) {
      const item = itemOf('renditions', key)
      const record = { ...size, sha256: sha256(bytes) }
      await items.put(item, Buffer.concat([headOf(item, record), bytes]))
    },
  }
}

/**
 * Machines that share a remote share no secret. So this detects damage, but anyone who can write there decides what is
 * shown.
 */
const unkeyed: Signer = {
  sign: sha256,
  isSigned: (signature, text) => sha256(text) === signature,
}

/** sharp's output differs between platforms. */
function itemOf(kind: string, key: string): string {
  return `${kind}:${digest([key, process.platform, process.arch])}`
}

/** The first line of an item. The rest is a picture's bytes. */
function headOf(item: string, record: object): Buffer {
  return Buffer.from(`${seal(item, record, unkeyed)}\n`)
}

function open<Schema extends v.GenericSchema>(
  item: string,
  bytes: Uint8Array = new Uint8Array(),
  schema: Schema,
): { readonly record: v.InferOutput<Schema>; readonly rest: Uint8Array } | undefined {
  const end = bytes.indexOf('\n'.charCodeAt(0))
  const head = Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString('utf8')
  const record = unseal(item, head, schema, unkeyed)
  return record === undefined ? undefined : { record, rest: bytes.subarray(end + 1) }
}
