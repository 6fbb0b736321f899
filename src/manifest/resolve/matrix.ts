import type { Place, Problem } from '../../shared/errors.ts'
import { visible } from '../../shared/plain-text.ts'
import { nearest } from '../../shared/suggest.ts'
import type { AppliedOverride } from '../entry.ts'
import type { DocumentPath } from '../manifest.ts'
import type {
  CombinationSettings,
  ImageSettings,
  MatrixSettings,
  OverrideSettings,
} from '../schema/schema.ts'
import type { Variables } from './variables.ts'

/** Returns every combination of a matrix's values, in the order written; the last variable changes fastest. */
function combinations(matrix: MatrixSettings): Variables[] {
  let result: Variables[] = [new Map()]
  for (const [name, values] of Object.entries(matrix)) {
    result = result.flatMap((earlier) =>
      values.map((value) => new Map([...earlier, [name, String(value)] as const])),
    )
  }
  return result
}

/** Counts the combinations of a matrix without creating them. */
export function countCombinations(matrix: MatrixSettings): number {
  return Object.values(matrix).reduce((product, values) => product * values.length, 1)
}

/** A combination that is an image. */
export interface KeptCombination {
  readonly variables: Variables
  /** The overrides that apply to it, in their order. */
  readonly overrides: readonly AppliedOverride[]
}

/** Shared by all combinations without overrides, to save memory in large projects. */
const NO_OVERRIDES: readonly never[] = []

/**
 * Returns the combinations of a matrix without those that `exclude` leaves out, each with its overrides.
 *
 * @param originOf where an override is written.
 * @param matched receives every rule that matched a combination.
 */
export function keptCombinations(
  matrix: MatrixSettings,
  { exclude = [], overrides = [] }: ImageSettings,
  originOf: (override: OverrideSettings) => Pick<AppliedOverride, 'home' | 'path'>,
  matched: Set<CombinationSettings>,
): KeptCombination[] {
  const all = combinations(matrix)
  if (exclude.length + overrides.length === 0) {
    return all.map((variables) => ({ variables, overrides: NO_OVERRIDES }))
  }
  const excluding = exclude.map(ruleOf)
  const overriding = overrides.map((override) => {
    const { when, ...fields } = override
    return { ...ruleOf(when), applied: { ...originOf(override), fields } }
  })
  return all.flatMap((variables) => {
    const fits = ({ values }: Rule): boolean =>
      values.every(([name, value]) => variables.get(name)?.normalize('NFC') === value)
    const left = excluding.filter(fits)
    for (const { written } of left) matched.add(written)
    if (left.length > 0) return []
    const given = overriding.filter(fits)
    for (const { written } of given) matched.add(written)
    return [{ variables, overrides: given.map(({ applied }) => applied) }]
  })
}

interface Rule {
  readonly written: CombinationSettings
  readonly values: ReadonlyArray<readonly [name: string, value: string]>
}

function ruleOf(written: CombinationSettings): Rule {
  return { written, values: valuesOf(written) }
}

/** The variables of a rule with the text of their values, as matrix values are compared. */
export function valuesOf(
  rule: CombinationSettings,
): ReadonlyArray<readonly [name: string, value: string]> {
  return Object.entries(rule).map(([name, value]) => [name, String(value).normalize('NFC')])
}

/**
 * Explains why a rule matches no image: an unknown variable, an unknown value, or only combinations that are left out.
 *
 * @param path of the rule's map.
 */
export function unmatchedRule(
  rule: CombinationSettings,
  matrix: MatrixSettings,
  path: DocumentPath,
  placeOf: (path: DocumentPath, part: 'key' | 'value') => Place,
): Problem {
  for (const [name, value] of valuesOf(rule)) {
    const known = matrix[name]?.map(String)
    const names = Object.keys(matrix)
    if (known === undefined) {
      return {
        message: `The matrix has no variable \`${visible(name)}\`.`,
        place: placeOf([...path, name], 'key'),
        hint: suggestion(name, names, 'It has'),
      }
    }
    if (known.every((each) => each.normalize('NFC') !== value)) {
      return {
        message: `The matrix has no \`${visible(`${name}: ${value}`)}\`.`,
        place: placeOf([...path, name], 'value'),
        hint: suggestion(value, known, `The values of \`${visible(name)}\` are`),
      }
    }
  }
  return {
    message: 'This matches no image: `exclude` leaves out all of its combinations.',
    place: placeOf(path, 'value'),
    hint: 'Remove it, or what leaves them out.',
  }
}

/** The most values that a hint lists. */
const MOST_LISTED = 12

function suggestion(text: string, known: readonly string[], otherwise: string): string {
  const near = nearest(text, known)
  return near === undefined
    ? `${otherwise}: ${known.slice(0, MOST_LISTED).map(visible).join(', ')}${known.length > MOST_LISTED ? ', …' : ''}.`
    : `Did you mean \`${visible(near)}\`?`
}

/** The values that the variables of several matrices have together. */
export function unionOf(matrices: readonly MatrixSettings[]): MatrixSettings {
  const union = new Map<string, Set<string | number>>()
  for (const [name, values] of matrices.flatMap((matrix) => Object.entries(matrix))) {
    const known = union.get(name) ?? new Set()
    for (const value of values) known.add(value)
    union.set(name, known)
  }
  return Object.fromEntries([...union].map(([name, values]) => [name, [...values]]))
}
