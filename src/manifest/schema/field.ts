import * as v from 'valibot'
import { isRecord } from '../../shared/record.ts'

/** What editors show beside a field. */
export interface FieldNotes {
  readonly description: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

/** A field that may be left out. */
export type Field<Value = unknown> = v.ExactOptionalSchema<v.GenericSchema<Value>, undefined>

/** A field that may be left out, with the text that goes into the JSON Schema. */
export function field<Schema extends v.GenericSchema>(
  schema: Schema,
  notes: FieldNotes,
): Field<v.InferOutput<Schema>> {
  return v.exactOptional(noted(schema, notes))
}

/** A field that has to be there, with the text that goes into the JSON Schema. */
export function noted<Schema extends v.GenericSchema>(
  schema: Schema,
  notes: FieldNotes,
): v.GenericSchema<v.InferOutput<Schema>> {
  // Nothing here changes a value: what goes in is of the type of what comes out.
  return v.pipe(schema as v.GenericSchema<v.InferOutput<Schema>>, v.metadata({ ...notes }))
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number): v.GenericSchema<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
}

/** A number from `least` to `most`; without a bound YAML's `.inf` would pass here and nowhere else. */
export function numberWithin(least: number, most: number): v.GenericSchema<number> {
  return v.pipe(v.number(), v.minValue(least), v.maxValue(most))
}

/*
 * valibot takes a list for an object as long as no required field is missing from it, and so it does with a date, a set
 * or bytes, which YAML's tags make; JSON Schema does not, and the two have to agree.
 */

/** `v.strictObject` that takes plain objects only, and names every unknown field where valibot names the first. */
export function strictMap<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> {
  const schema = plainOnly(v.strictObject(entries))
  const run = schema['~run'].bind(schema)
  return Object.assign(schema, {
    '~run': (...[dataset, config]: Parameters<typeof run>): ReturnType<typeof run> => {
      const input = dataset.value
      const result = run(dataset, config)
      if (!isRecord(input)) return result
      const [, ...unnamed] = Object.keys(input).filter((key) => !Object.hasOwn(entries, key))
      for (const key of unnamed) {
        const path: [v.ObjectPathItem] = [
          { type: 'object', origin: 'key', input, key, value: input[key] },
        ]
        v._addIssue(schema, 'key', result, config, { input: key, expected: 'never', path })
      }
      return result
    },
  })
}

/** `v.record` that takes plain objects only. */
export function strictRecord<Value extends v.GenericSchema>(
  name: v.GenericSchema<string>,
  value: Value,
): v.RecordSchema<v.GenericSchema<string>, Value, undefined> {
  return plainOnly(v.record(name, value))
}

function plainOnly<Schema extends v.GenericSchema>(schema: Schema): Schema {
  const run = schema['~run'].bind(schema)
  return Object.assign(schema, {
    '~run': (...[dataset, config]: Parameters<typeof run>): ReturnType<typeof run> => {
      if (!isPeculiar(dataset.value)) return run(dataset, config)
      v._addIssue(schema, 'type', dataset, config)
      // Untyped, with an issue: how valibot itself says that nothing was recognised.
      return dataset as unknown as ReturnType<typeof run>
    },
  })
}

/** An object that is none in JSON. */
function isPeculiar(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && prototype !== null
}
