import * as v from 'valibot'
import { noted } from './schema/field.ts'
import { strictRecord } from './strict-map.ts'

/** `vars` as written. */
export type VarsSettings = Readonly<Record<string, string | number>>

/** `matrix` as written. */
export type MatrixSettings = Readonly<Record<string, ReadonlyArray<string | number>>>

const variableValue = v.union([v.string(), v.pipe(v.number(), v.finite())])
const variableName = v.pipe(
  v.string(),
  v.regex(/^(?!(?:__proto__|constructor|prototype)$)[\p{L}_][\p{L}\p{M}\p{N}_]*$/u),
)

export const varsSchema: v.GenericSchema<VarsSettings> = noted(
  strictRecord(variableName, variableValue),
  {
    description: 'Values for `${name}` in prompts. They win over the `vars` of the options.',
    default: {},
    examples: [{ look: 'flat vector, muted palette' }],
  },
)

export const matrixSchema: v.GenericSchema<MatrixSettings> = noted(
  strictRecord(variableName, v.pipe(v.array(variableValue), v.minLength(1), v.maxLength(1000))),
  {
    description:
      'Lists of values. Every combination is an image of its own; its name holds the variables.',
    examples: [{ season: ['spring', 'winter'] }],
  },
)
