import * as v from 'valibot'
import { isRecord } from '../../shared/record.ts'

/** The documentation that editors show for a field. */
export interface FieldNotes {
  readonly description: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

/** An optional field. */
export type Field<Value = unknown> = v.ExactOptionalSchema<v.GenericSchema<Value>, undefined>

/** Makes an optional field with its documentation for the JSON Schema. */
export function field<Schema extends v.GenericSchema>(
  schema: Schema,
  notes: FieldNotes,
): Field<v.InferOutput<Schema>> {
  return v.exactOptional(noted(schema, notes))
}

/** Makes a required field with its documentation for the JSON Schema. */
export function noted<Schema extends v.GenericSchema>(
  schema: Schema,
  notes: FieldNotes,
): v.GenericSchema<v.InferOutput<Schema>> {
  // No schema here transforms values, so the input type equals the output type.
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
 * valibot accepts a list as an object if no required field is missing, and also a date, a set or bytes, which YAML tags
 * create. JSON Schema does not, and the two must agree.
 */

/**
 * Like `v.strictObject`, but accepts only plain objects, and reports every unknown field rather than only the first.
 * `~run` and `_addIssue` are not documented; test/canaries/valibot.test.ts notices when they change.
 *
 * @see https://github.com/fabian-hiller/valibot/blob/main/library/src/types/schema.ts
 */
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

/** Like `v.record`, but accepts only plain objects. */
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
      // An untyped dataset with an issue is how valibot itself rejects a value.
      return dataset as unknown as ReturnType<typeof run>
    },
  })
}

/** Whether a value is an object that JSON cannot represent. */
function isPeculiar(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && prototype !== null
}
