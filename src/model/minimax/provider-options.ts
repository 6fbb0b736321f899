import * as v from 'valibot'
import type { JsonValue } from '../../shared/hash.ts'
import { nearest } from '../../shared/suggest.ts'
import type { ProviderOptionsCheck } from '../image-model.ts'

/** MiniMax's own options, beside the fields that every model has, with every default filled in. */
export interface MinimaxProviderOptions {
  /** Lets MiniMax rewrite the prompt. */
  promptOptimizer: boolean
  /** A visible watermark that says the picture is generated; documented on the Chinese platform only. */
  watermark: boolean
  style?: {
    type: string
    /** Above 0, at most 1. */
    weight: number
  }
}

/** The styles of a model: a list, `any` where they are not certain, `none` where it accepts no style. */
export type KnownStyles = readonly string[] | 'any' | 'none'

export type MinimaxOptionsCheck =
  // The record is what every model's check returns. It is not part of the interface, whose `style` may be left out.
  | { readonly options: MinimaxProviderOptions & Record<string, JsonValue> }
  | Extract<ProviderOptionsCheck, { readonly issues: unknown }>

const DEFAULT_STYLE_WEIGHT = 0.8

/** Checks `providerOptions` and fills in the defaults, so that a written default and a left-out one give the same key. */
export function checkProviderOptions(
  options: Readonly<Record<string, JsonValue | undefined>>,
  styles: KnownStyles,
): MinimaxOptionsCheck {
  const flag = v.optional(v.boolean(expected('true or false')), false)
  const names = ['promptOptimizer', 'watermark', ...(styles === 'none' ? [] : ['style'])]
  const schema = v.strictObject(
    { promptOptimizer: flag, watermark: flag, style: v.optional(styleSchema(styles)) },
    unknownName(names),
  )
  const result = v.safeParse(schema, options)
  if (!result.success) {
    return {
      issues: result.issues.map((issue) => ({
        path: (issue.path ?? []).map((item) => String(item.key)),
        message: issue.message,
      })),
    }
  }
  const { promptOptimizer, watermark, style } = result.output
  return { options: { promptOptimizer, watermark, ...(style === undefined ? {} : { style }) } }
}

function styleSchema(
  styles: KnownStyles,
): v.GenericSchema<unknown, { type: string; weight: number }> {
  if (styles === 'none') return v.never('this model takes no style, only image-01-live does')
  const type =
    styles === 'any'
      ? v.pipe(v.string(expected('text')), v.nonEmpty('expected text, found nothing'))
      : v.picklist(styles, expected(`one of ${styles.join(', ')}`))
  const range = 'a number above 0 and at most 1'
  const weight = v.pipe(
    v.number(expected(range)),
    v.gtValue(0, expected(range)),
    v.maxValue(1, expected(range)),
  )
  return v.strictObject(
    { type, weight: v.optional(weight, DEFAULT_STYLE_WEIGHT) },
    unknownName(['type', 'weight']),
  )
}

function expected(what: string): (issue: { readonly received: string }) => string {
  return ({ received }) =>
    received === 'undefined'
      ? `expected ${what}, but it is missing`
      : `expected ${what}, found ${received}`
}

/** The message of a strict object: the value is not an object, lacks a member, or has an unknown one. */
function unknownName(names: readonly string[]): (issue: v.StrictObjectIssue) => string {
  return (issue) => {
    const name = issue.path?.at(-1)?.key
    if (issue.expected === 'Object') return `expected ${names.join(', ')}, found ${issue.received}`
    if (issue.expected !== 'never') return 'is missing'
    const meant = nearest(String(name), names)
    return meant === undefined
      ? `is not known; known are ${names.join(', ')}`
      : `is not known; did you mean ${meant}?`
  }
}
