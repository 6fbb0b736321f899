import * as v from 'valibot'
import { noted } from './schema/field.ts'
import { strictMap } from './strict-map.ts'

/** A reference, short or with the type of what should be kept. */
export type ReferenceSettings =
  | string
  | { readonly from: string; readonly type?: string | undefined }

const referenceText = noted(v.pipe(v.string(), v.minLength(1)), {
  description:
    'A picture to keep to: `./file.png`, `https://…`, `"#name"` (in quotes: a bare # starts a comment), `./other.image.yaml#name`, or `./hero.image.yaml`.',
  examples: ['#kira', './kira.png'],
})

/** One of an image's `references`. */
export const referenceSchema: v.GenericSchema<ReferenceSettings> = v.union([
  referenceText,
  v.pipe(
    strictMap({
      from: referenceText,
      type: v.exactOptional(
        noted(v.pipe(v.string(), v.minLength(1)), {
          description: 'What the model should keep of the picture. MiniMax knows `character`.',
          default: 'character',
          examples: ['character'],
        }),
      ),
    }),
    v.metadata({ description: 'A picture to keep to, and what to keep of it.' }),
  ),
])
