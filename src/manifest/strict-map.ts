import * as v from 'valibot'

/**
 * `v.strictObject` that refuses lists. valibot takes a list for an object as long as no required field is missing from
 * it; JSON Schema does not, and the two have to agree.
 */
export function strictMap<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> {
  const schema = v.strictObject(entries)
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
