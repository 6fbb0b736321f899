import type { PlannedImage, Survey } from '../../pipeline.ts'
import { digest } from '../../shared/hash.ts'
import type { ChangeKind, FieldChange } from '../protocol-report.ts'
import type { TileState } from '../protocol.ts'
import { pathFromRoot } from '../views/shown-problem.ts'
import { candidatesOf } from '../views/picture-in-use.ts'
import { settingsOf } from '../views/settings.ts'
import { wordChanges } from '../views/word-changes.ts'
import type { Surveyed } from './base.ts'

/** An image that is not what it was at the merge base. */
export interface Difference {
  /** As it is now, or was. */
  readonly image: PlannedImage
  readonly before: PlannedImage | undefined
  readonly after: PlannedImage | undefined
  /** The weightiest first; at least one. */
  readonly kinds: readonly ChangeKind[]
  readonly fields: readonly FieldChange[]
}

/** What differs between two surveys, in the order of the newer one; removed images come last. */
export function differencesBetween(base: Surveyed, now: Surveyed): readonly Difference[] {
  const here = now.survey.plan.images.flatMap((after) =>
    difference(base.survey.images.get(after.entry.id), after, base, now),
  )
  const gone = base.survey.plan.images
    .filter(({ entry }) => !now.survey.images.has(entry.id))
    .flatMap((before) => difference(before, undefined, base, now))
  return [...here, ...gone]
}

function difference(
  before: PlannedImage | undefined,
  after: PlannedImage | undefined,
  base: Surveyed,
  now: Surveyed,
): Difference[] {
  const image = after ?? before
  if (image === undefined) return []
  const kinds = kindsOf(before, after, base.survey, now.survey)
  if (kinds.length === 0) return []
  const fields = fieldsBetween(fieldsOf(before, base), fieldsOf(after, now))
  return [{ image, before, after, kinds, fields }]
}

function kindsOf(
  before: PlannedImage | undefined,
  after: PlannedImage | undefined,
  base: Survey,
  now: Survey,
): readonly ChangeKind[] {
  if (before === undefined) return ['added']
  if (after === undefined) return ['removed']
  const isSame = isSameRecipe(before, after)
  const isOther = before.picked !== after.picked
  const isPicked = isSame && isOther && before.entry.pick !== after.entry.pick
  const isReprompted = promptOf(before) !== promptOf(after)
  const isShown = isOther && after.picked !== undefined
  const had = new Set(candidatesOf(before, base).map(({ receipt }) => receipt.sha256))
  const isMore = isSame && candidatesOf(after, now).some(({ receipt }) => !had.has(receipt.sha256))
  const kinds: ReadonlyArray<readonly [ChangeKind, boolean]> = [
    ['reprompted', isReprompted],
    ['new-picture', !isPicked && (isShown || (!isSame && !isReprompted) || (isSame && isOther))],
    ['new-pick', isPicked],
    ['new-output', outputOf(before) !== outputOf(after)],
    ['new-candidates', isMore && (!isOther || isPicked)],
    ['new-alt', before.entry.alt !== after.entry.alt],
  ]
  const found = kinds.flatMap(([kind, isThere]) => (isThere ? [kind] : []))
  if (found.length > 0) return found
  return settled(before.state) === settled(after.state) ? [] : ['new-state']
}

/** The bytes of a picture may be on one machine and not on another: that is no change of a branch. */
function settled(state: TileState): TileState {
  return state === 'unavailable' ? 'current' : state
}

/** Receipts may be under a key that an earlier version computed for the same recipe. */
function isSameRecipe({ made: one }: PlannedImage, { made: other }: PlannedImage): boolean {
  if (one === undefined || other === undefined) return one === other
  const keys = new Set([one.key, ...one.otherKeys])
  return [other.key, ...other.otherKeys].some((key) => keys.has(key))
}

function promptOf({ made }: PlannedImage): string | undefined {
  return made?.subject.prompt
}

/** What is made of a picture. The arguments of a composite hold the digests of its pictures. */
function outputOf({ entry: { output, operations } }: PlannedImage): string {
  return digest([output, operations.map(({ name, args }) => [name, args])])
}

type Fields = ReadonlyMap<string, string>

/** What is written of an image, in words. */
function fieldsOf(image: PlannedImage | undefined, { pipeline }: Surveyed): Fields {
  if (image === undefined) return new Map()
  const { entry, made } = image
  const { root } = pipeline.options
  const subject = made?.subject
  const references = (subject?.references ?? []).map((reference) => {
    switch (reference.kind) {
      case 'file':
        return pathFromRoot(reference.file, root)
      case 'url':
        return reference.url
      case 'entry':
        return reference.id
      default:
        return reference satisfies never
    }
  })
  const rows: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ['prompt', subject?.prompt],
    [
      'source',
      entry.subject.kind === 'source' ? pathFromRoot(entry.subject.file, root) : undefined,
    ],
    ['alt', entry.alt],
    ['pick', made === undefined ? undefined : String(entry.pick)],
    ['aspectRatio', subject?.aspectRatio],
    ['size', subject?.size],
    ['seed', subject?.seed === undefined ? undefined : String(subject.seed)],
    ['references', references.length === 0 ? undefined : references.join(', ')],
    ...settingsOf(image).map(({ name, value }) => [name, value] as const),
  ]
  return new Map(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** The fields that differ. Of an image that is new or gone, only what it says in words. */
function fieldsBetween(before: Fields, after: Fields): readonly FieldChange[] {
  const isWhole = before.size === 0 || after.size === 0
  const names = [...new Set([...after.keys(), ...before.keys()])].filter(
    (name) => !isWhole || IN_WORDS.has(name),
  )
  return names
    .map((name) => fieldBetween(name, before.get(name) ?? null, after.get(name) ?? null))
    .filter((field) => field.before !== field.after)
}

function fieldBetween(name: string, before: string | null, after: string | null): FieldChange {
  const isProse = name === 'prompt' || name === 'alt'
  const parts = isProse && before !== null && after !== null ? wordChanges(before, after) : null
  return { name, before, after, parts }
}

const IN_WORDS: ReadonlySet<string> = new Set(['prompt', 'source', 'alt', 'model'])
