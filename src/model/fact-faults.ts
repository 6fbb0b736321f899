import { inspect } from 'node:util'
import { sizeFault } from '../pixels/expected-picture.ts'
import { messageOf } from '../shared/errors.ts'
import { clause, plainText } from '../shared/plain-text.ts'
import { isRecord } from '../shared/record.ts'
import { nearest } from '../shared/suggest.ts'
import type { ImageModelFacts, ImageModelLimits, PricedPicture } from './image-model.ts'

type Report = (message: string) => void

/** A check for every member, and no check without its member: either alone is a type error. */
type Checks<Shape> = {
  readonly [Name in keyof Shape]-?: (value: unknown, name: string, report: Report) => void
}

/** What is wrong with declared facts, one sentence each. Configs are often plain JavaScript. */
export function factFaults(facts: unknown): readonly string[] {
  const faults: string[] = []
  const report: Report = (message) => void faults.push(message)
  if (!isRecord(facts)) {
    return [
      `the facts are ${shown(facts)}, expected an object: imageModel(model, { price: 0.04, limits: { … } }).`,
    ]
  }
  checkMembers(facts, FACTS, '', report)
  if (faults.length > 0) return faults
  checkAgreement(facts, report)
  return faults
}

const count = expecting('a whole number above 0', isCount)
const pictures = expecting(
  'a whole number above 0',
  (value) => isCount(value) || value === Infinity,
)
const flag = expecting('`true` or `false`', (value) => typeof value === 'boolean')

const FACTS: Checks<ImageModelFacts> = {
  price: expecting(
    'USD an image, or a function of { size, references }',
    (value) => typeof value === 'function' || isUsd(value),
  ),
  requestsPerMinute: expecting(
    'a number above 0',
    (value) => typeof value === 'number' && value > 0,
  ),
  limits: (value, name, report) => {
    if (isRecord(value)) checkMembers(value, LIMITS, `${name}.`, report)
    else report(`\`${name}\` is ${shown(value)}, expected an object.`)
  },
  seed: flag,
  maxImagesPerCall: pictures,
}

const LIMITS: Checks<ImageModelLimits> = {
  promptLength: count,
  aspectRatios: checkRatios,
  defaultAspectRatio: expecting('an aspect ratio such as 16:9', isRatio),
  sizes: checkSizes,
  references: checkReferences,
  n: count,
  seed: flag,
  providerOptions: expecting('a function', (value) => typeof value === 'function'),
}

function checkMembers<Shape>(
  value: Readonly<Record<string, unknown>>,
  checks: Checks<Shape>,
  path: string,
  report: Report,
): void {
  const known = new Map<string, Checks<Shape>[keyof Shape]>(Object.entries(checks))
  for (const [name, member] of Object.entries(value)) {
    const check = known.get(name)
    if (check === undefined) {
      const suggestion = nearest(name, known.keys())
      report(
        `unknown fact \`${path}${name}\`. ${suggestion === undefined ? `Known: ${[...known.keys()].join(', ')}.` : `Did you mean \`${path}${suggestion}\`?`}`,
      )
    } else if (member !== undefined) check(member, `${path}${name}`, report)
  }
}

function expecting(
  expected: string,
  isRight: (value: unknown) => boolean,
): (value: unknown, name: string, report: Report) => void {
  return (value, name, report) => {
    if (!isRight(value)) report(`\`${name}\` is ${shown(value)}, expected ${expected}.`)
  }
}

function checkRatios(value: unknown, name: string, report: Report): void {
  if (!isRecord(value) || Object.keys(value).length === 0) {
    return report(
      `\`${name}\` is ${shown(value)}, expected pixels by ratio, such as { '16:9': { width: 1280, height: 720 } }.`,
    )
  }
  for (const [ratio, pixels] of Object.entries(value)) {
    if (!isRatio(ratio)) report(`\`${name}\`: \`${ratio}\` is no aspect ratio such as 16:9.`)
    else if (!isRecord(pixels) || !isCount(pixels['width']) || !isCount(pixels['height'])) {
      report(
        `\`${name}\`: \`${ratio}\` has ${shown(pixels)}, expected { width, height } in pixels.`,
      )
    } else {
      const { width, height } = { width: Number(pixels['width']), height: Number(pixels['height']) }
      const [across = 1, down = 1] = ratio.split(':').map(Number)
      if (sizeFault({ width, height }, { aspectRatio: across / down, size: null }) !== undefined) {
        report(`\`${name}\`: ${width}x${height} is not ${ratio}.`)
      }
    }
  }
}

function checkSizes(value: unknown, name: string, report: Report): void {
  if (value === false) return
  if (Array.isArray(value) && value.length > 0) {
    for (const size of value as unknown[]) {
      if (typeof size !== 'string' || !/^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(size)) {
        report(`\`${name}\` has ${shown(size)}, expected width and height such as 1536x1024.`)
      }
    }
    return
  }
  if (isRecord(value)) {
    const { min, max, multipleOf, ...others } = value
    const isRange = [min, max, multipleOf].every(isCount) && Number(min) <= Number(max)
    if (isRange && Object.keys(others).length === 0) return
  }
  report(
    `\`${name}\` is ${shown(value)}, expected a list such as ['1024x1024', '1536x1024'], { min, max, multipleOf } in pixels, or \`false\`.`,
  )
}

function checkReferences(value: unknown, name: string, report: Report): void {
  if (value === false) return
  if (isRecord(value)) {
    const { types, max, ...others } = value
    const areTypes =
      types === undefined ||
      (Array.isArray(types) && types.every((type) => typeof type === 'string' && type !== ''))
    if (areTypes && (max === undefined || isCount(max)) && Object.keys(others).length === 0) return
  }
  report(`\`${name}\` is ${shown(value)}, expected { types, max }, or \`false\` for none.`)
}

/** Reports facts that contradict each other. */
function checkAgreement(
  { price, seed, limits = {}, ...facts }: ImageModelFacts,
  report: Report,
): void {
  const { aspectRatios, defaultAspectRatio, sizes } = limits
  if (seed !== undefined && limits.seed !== undefined && seed !== limits.seed) {
    report(`\`seed\` is ${seed} and \`limits.seed\` is ${limits.seed}. Give one of them.`)
  }
  const { maxImagesPerCall } = facts
  if (limits.n !== undefined && maxImagesPerCall !== undefined && limits.n !== maxImagesPerCall) {
    report(
      `\`maxImagesPerCall\` is ${maxImagesPerCall} and \`limits.n\` is ${limits.n}. Give one of them.`,
    )
  }
  if (
    defaultAspectRatio !== undefined &&
    aspectRatios !== undefined &&
    !Object.hasOwn(aspectRatios, defaultAspectRatio)
  ) {
    report(
      `\`limits.defaultAspectRatio\` is none of \`limits.aspectRatios\`: ${defaultAspectRatio}.`,
    )
  }
  if (typeof price !== 'function') return
  const listed = Array.isArray(sizes) ? sizes : []
  for (const size of listed as ReadonlyArray<PricedPicture['size']>) {
    const fault = priceFault(() => price({ size, references: 0 }))
    if (fault !== undefined) return report(`\`price\` of ${size}: ${fault}`)
  }
}

/** What is wrong with the result of a price function. */
export function priceFault(ask: () => unknown): string | undefined {
  try {
    const usd = ask()
    if (usd === undefined || isUsd(usd)) return undefined
    return `it gives ${shown(usd)}, expected USD an image, or undefined where it is not known.`
  } catch (error) {
    return `it failed: ${clause(messageOf(error))}.`
  }
}

function isUsd(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && Number.isSafeInteger(value)
}

function isRatio(value: unknown): boolean {
  return typeof value === 'string' && /^[1-9]\d{0,3}:[1-9]\d{0,3}$/.test(value)
}

function shown(value: unknown): string {
  return plainText(inspect(value, { depth: 2, breakLength: Infinity }), 100)
}
