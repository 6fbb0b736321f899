import * as v from 'valibot'

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
