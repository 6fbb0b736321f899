import * as v from 'valibot'

/** Ways to fit an image into a box, with sharp's names. */
const FITS = ['cover', 'contain', 'fill', 'inside', 'outside'] as const

/** Positions of an overlay, with sharp's names. */
const GRAVITIES = [
  'center',
  'centre',
  'north',
  'northeast',
  'east',
  'southeast',
  'south',
  'southwest',
  'west',
  'northwest',
] as const

/** Further positions to keep when an image is cropped, with sharp's names. */
const SIDES = [
  'top',
  'right top',
  'right',
  'right bottom',
  'bottom',
  'left bottom',
  'left',
  'left top',
  'attention',
  'entropy',
] as const

export type Fit = (typeof FITS)[number]
export type Gravity = (typeof GRAVITIES)[number]
export type Position = Gravity | (typeof SIDES)[number]

export const fitSchema: v.GenericSchema<Fit> = v.picklist(FITS)
export const gravitySchema: v.GenericSchema<Gravity> = v.picklist(GRAVITIES)
export const positionSchema: v.GenericSchema<Position> = v.picklist([...GRAVITIES, ...SIDES])
