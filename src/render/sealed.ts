import * as v from 'valibot'
import { canonicalJson } from '../shared/hash.ts'

/** How what is sealed is told from what somebody else wrote: an unkeyed digest, or the signature of a cache. */
export interface Signer {
  sign(text: string): string
  isSigned(signature: string, text: string): boolean
}

const sealedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ record: v.unknown(), digest: v.string() }),
)

/** A record as a line of text, with a signature that holds for this key alone. */
export function seal(key: string, record: object, signer: Signer): string {
  return JSON.stringify({ record, digest: signer.sign(canonicalJson([key, record])) })
}

/** The record in a text; nothing where it is not what was written under this key. */
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
