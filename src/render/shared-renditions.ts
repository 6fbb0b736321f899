import * as v from 'valibot'
import { digest, sha256 } from '../shared/hash.ts'
import { pictureSchema, sealedSchema, type PictureRecord } from './rendition-cache.ts'

/** Where machines find what others of their kind have rendered. Never throws: what is not there is rendered. */
export interface SharedItems {
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
}

/** Finished pictures of other machines, verified. Whatever is not what was written is as good as not there. */
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
      return unseal((await items.get(itemOf('pictures', key))) ?? new Uint8Array(), pictureSchema)
        ?.record
    },
    writePicture: (key, record) => items.put(itemOf('pictures', key), seal(record)),

    async readRendition(key) {
      const found = unseal(
        (await items.get(itemOf('renditions', key))) ?? new Uint8Array(),
        renditionSchema,
      )
      if (found === undefined || sha256(found.rest) !== found.record.sha256) return undefined
      const { width, height } = found.record
      return { bytes: found.rest, size: { width, height } }
    },
    async writeRendition(key, { bytes, size }) {
      const record = { ...size, sha256: sha256(bytes) }
      await items.put(itemOf('renditions', key), Buffer.concat([seal(record), bytes]))
    },
  }
}

/** The bytes that sharp makes differ between platforms. */
function itemOf(kind: string, key: string): string {
  return `${kind}:${digest([key, process.platform, process.arch])}`
}

/** A line of JSON with a digest of its own. */
function seal(record: object): Uint8Array {
  return Buffer.from(`${JSON.stringify({ record, digest: digest(record) })}\n`)
}

function unseal<Schema extends v.GenericSchema>(
  bytes: Uint8Array,
  schema: Schema,
): { readonly record: v.InferOutput<Schema>; readonly rest: Uint8Array } | undefined {
  const end = bytes.indexOf('\n'.charCodeAt(0))
  const line = Buffer.from(bytes.subarray(0, end < 0 ? 0 : end)).toString()
  const sealed = v.safeParse(sealedSchema, line)
  if (!sealed.success || digest(sealed.output.record) !== sealed.output.digest) return undefined
  const record = v.safeParse(schema, sealed.output.record)
  return record.success ? { record: record.output, rest: bytes.subarray(end + 1) } : undefined
}
