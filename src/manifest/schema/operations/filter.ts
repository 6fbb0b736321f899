import * as v from 'valibot'
import { type Field, field, integer, noted, numberWithin, strictMap } from '../field.ts'
import { LARGE, single } from './colour.ts'

const blurOptions = strictMap({
  sigma: noted(numberWithin(0.3, 1000), {
    description: 'Sigma of the Gaussian mask.',
    examples: [2],
  }),
  precision: field(v.picklist(['integer', 'float', 'approximate']), {
    description: 'The precision of the computation.',
    default: 'integer',
    examples: ['float'],
  }),
  minAmplitude: field(numberWithin(0.001, 1), {
    description: 'The amplitude at which the mask is cut off: smaller is slower and more exact.',
    default: 0.2,
    examples: [0.1],
  }),
})

const sharpenOptions = strictMap({
  sigma: noted(numberWithin(0.000001, 10), {
    description: 'Sigma of the Gaussian mask.',
    examples: [1],
  }),
  m1: field(numberWithin(0, LARGE), {
    description: 'How much flat areas are sharpened.',
    default: 1,
    examples: [0],
  }),
  m2: field(numberWithin(0, LARGE), {
    description: 'How much jagged areas are sharpened.',
    default: 2,
    examples: [3],
  }),
  x1: field(numberWithin(0, LARGE), {
    description: 'The threshold between flat and jagged.',
    default: 2,
    examples: [3],
  }),
  y2: field(numberWithin(0, LARGE), {
    description: 'The maximum brightening of a pixel.',
    default: 10,
    examples: [15],
  }),
  y3: field(numberWithin(0, LARGE), {
    description: 'The maximum darkening of a pixel.',
    default: 20,
    examples: [15],
  }),
})

type FilterName = 'blur' | 'sharpen' | 'median'

/** The arguments of operations that look at a pixel's neighbours. */
export const filterArguments: Readonly<Record<FilterName, Field>> = {
  blur: field(single(v.union([v.boolean(), numberWithin(0.3, 1000), blurOptions])), {
    description: 'Blurs: slightly without an argument, otherwise by the sigma of a Gaussian mask.',
    examples: [2],
  }),
  sharpen: field(single(sharpenOptions), {
    description: 'Sharpens: slightly without an argument.',
    examples: [{ sigma: 1 }],
  }),
  median: field(single(integer(1, 1000)), {
    description: 'Median filter. The argument is the side of its square mask in pixels.',
    default: 3,
    examples: [5],
  }),
}
