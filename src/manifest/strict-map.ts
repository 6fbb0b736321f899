import * as v from 'valibot'

/*
 * valibot takes a list for an object as long as no required field is missing from it; JSON Schema does not, and the two
 * have to agree.
 */

/** `v.strictObject` that refuses lists. */
export function strictMap<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> {
  return withoutLists(v.strictObject(entries))
}

/** `v.record` that refuses lists. */
export function strictRecord<Value extends v.GenericSchema>(
  name: v.GenericSchema<string>,
  value: Value,
): v.RecordSchema<v.GenericSchema<string>, Value, undefined> {
  return withoutLists(v.record(name, value))
}

function withoutLists<Schema extends v.GenericSchema>(schema: Schema): Schema {
  const run = schema['~run'].bind(schema)
  return Object.assign(schema, {
    '~run': (...[dataset, config]: Parameters<typeof run>): ReturnType<typeof run> => {
      if (!Array.isArray(dataset.value)) return run(dataset, config)
      v._addIssue(schema, 'type', dataset, config)
      // Untyped, with an issue: how valibot itself says that nothing was recognised.
      return dataset as unknown as ReturnType<typeof run>
    },
  })
}
