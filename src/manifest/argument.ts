import * as v from 'valibot'
import { colourSchema, type Colour } from './schema/operations/colour.ts'
import { field, type Field } from './schema/field.ts'

/** Far beyond every useful value, and finite. */
export const LARGE = 1_000_000

/** One argument, plain or as a list of one. */
export function single<Schema extends v.GenericSchema>(schema: Schema): v.GenericSchema {
  return v.union([schema, v.strictTuple([schema])])
}

/** The option that says which colour is put where nothing is. */
export function background(description: string): Field<Colour> {
  return field(colourSchema, {
    description,
    examples: ['#fff', 'transparent', { r: 0, g: 0, b: 0 }],
  })
}
