import * as v from 'valibot'
import { canonicalJson } from '../shared/hash.ts'

/**
 * Signs records, to distinguish them from data that other programs wrote: an unkeyed digest, or the signature of a
 * cache.
 */
export interface Signer {
  sign(text: string): string
  isSigned(signature: string, text: string): boolean
}

const sealedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ record: v.unknown(), digest: v.string() }),
)

/** Formats a record as a line of text, with a signature that is valid for this key only. */
export function seal(key: string, record: object, signer: Signer): string {
  return JSON.stringify({ record, digest: signer.sign(canonicalJson([key, record])) })
}

/** Parses and verifies a record. `undefined` where it was not written under this key. */
export function unseal<Schema extends v.GenericSchema>(
  key: string,
  text: string,
  schema: Schema,
  signer: Signer,
): v.InferOutput<Schema> | undefined {
  const sealed = v.safeParse(sealedSchema, text)
  if (!sealed.success) return undefined
  const { record, digest } = sealed.output
  const found = v.safeParse(schema, record)
  const isWritten = signer.isSigned(digest, canonicalJson([key, record]))
  return found.success && isWritten ? found.output : undefined
}
