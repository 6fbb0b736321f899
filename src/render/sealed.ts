import * as v from 'valibot'
import { digest } from '../shared/hash.ts'

const sealedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ record: v.unknown(), digest: v.string() }),
)

/** A record as a line of text, with a digest that holds for this key alone. */
export function seal(key: string, record: object): string {
  return JSON.stringify({ record, digest: digest([key, record]) })
}

/** The record in a text; nothing where it is not what was written under this key. */
export function unseal<Schema extends v.GenericSchema>(
  key: string,
  text: string,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  const sealed = v.safeParse(sealedSchema, text)
  if (!sealed.success) return undefined
  const found = v.safeParse(schema, sealed.output.record)
  const isWritten = digest([key, sealed.output.record]) === sealed.output.digest
  return found.success && isWritten ? found.output : undefined
}
