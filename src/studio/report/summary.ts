import { count } from '../../shared/plain-text.ts'
import type {
  BranchChanges,
  ChangeKind,
  ImageChange,
  ImageSide,
  Missing,
  Paid,
  Report,
} from '../protocol-report.ts'
import type { Tile } from '../protocol.ts'
import { documentOf, literal } from './markdown.ts'

/** GitHub takes 65,536 characters in a comment. */
const LONGEST = 60_000

const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  added: 'added',
  removed: 'removed',
  reprompted: 'reprompted',
  'new-picture': 'new picture',
  'new-pick': 'new pick',
  'new-output': 'new output',
  'new-candidates': 'more candidates',
  'new-alt': 'new alt text',
  'new-state': 'other state',
}

/** The report as Markdown for a comment on a pull request. */
export function summaryOf(report: Report): string {
  return report.changes === null ? projectSummary(report) : branchSummary(report.changes)
}

function branchSummary({ base, images, paid, missing, notes }: BranchChanges): string {
  const against = `Compared with ${literal(base.ref)}, since ${literal(base.mergeBase.slice(0, 10))}.`
  if (images.length === 0) {
    return `## No image changed\n\n${[against, ...notes].join('\n\n')}\n`
  }
  const kinds = kindCounts(images).map(([kind, number]) => `${number} ${KIND_WORDS[kind]}`)
  return documentOf(
    [
      `## ${count(images.length, 'image')} changed: ${kinds.join(', ')}`,
      '',
      against,
      '',
      [`Paid: **${paidWords(paid)}**.`, ...missingWords(missing)].join(' '),
      ...notes.flatMap((note) => ['', note]),
    ],
    {
      head: ['image', 'change', 'what', 'before', 'after', 'cost'],
      items: images.map(changeRows),
    },
    LONGEST,
    (more) => `… and ${count(more, 'more image')}: the report shows all of them.`,
  )
}

/** How many images changed in which way, by the weightiest of each. */
export function kindCounts(
  images: readonly ImageChange[],
): ReadonlyArray<readonly [kind: ChangeKind, images: number]> {
  const all = Object.keys(KIND_WORDS) as ChangeKind[]
  return all.flatMap((kind) => {
    const number = images.filter(({ kinds }) => kinds[0] === kind).length
    return number === 0 ? [] : [[kind, number] as const]
  })
}

/** What was paid, in words; what is unknown is said to be unknown. */
function paidWords({ pictures, known, unpriced }: Paid): string {
  if (pictures === null) return 'unknown, because the receipts are not in git'
  if (pictures === 0) return 'nothing'
  if (unpriced === 0) return `${known} USD for ${count(pictures, 'picture')}`
  if (unpriced === pictures) return `an unknown price for ${count(pictures, 'picture')}`
  return `${known} USD for ${count(pictures - unpriced, 'picture')}, and an unknown price for ${unpriced} more`
}

function missingWords({ pictures, usd }: Missing): string[] {
  if (pictures === 0) return []
  const price = usd === null ? 'an unknown price' : `${usd} USD`
  return [`Still to make: **${count(pictures, 'picture')} for ${price}**.`]
}

/** A row for each thing that changed; the first one names the image. */
function changeRows({
  id,
  kinds,
  before,
  after,
  shows,
  fields,
  paid,
  missing,
}: ImageChange): string[][] {
  const what = shows === 'renditions' ? 'files' : 'picture'
  const rows = [
    [what, sideWords(before), sideWords(after)],
    ...fields.map((field) => [field.name, valueWords(field.before), valueWords(field.after)]),
  ]
  return rows.map((row, index) =>
    index === 0
      ? [
          literal(id),
          kinds.map((kind) => KIND_WORDS[kind]).join(', '),
          ...row,
          costWords(paid, missing),
        ]
      : ['', '', ...row, ''],
  )
}

function sideWords(side: ImageSide | null): string {
  if (side === null) return '–'
  const size = side.width === null || side.height === null ? [] : [`${side.width} × ${side.height}`]
  const parts = side.picture === null ? [side.absent ?? side.label] : [...labels(side), ...size]
  const isPlain = side.state === 'current' || side.state === 'missing'
  const state = isPlain ? [] : [`${side.state}: ${literal(side.reason)}`]
  return [...parts, ...state].join(', ')
}

function labels({ label }: ImageSide): string[] {
  return label === '' ? [] : [label]
}

function valueWords(value: string | null): string {
  return value === null ? '–' : literal(value)
}

function costWords(paid: Paid, missing: Missing): string {
  const parts = [
    ...(paid.pictures === 0 ? [] : [paid.usd === null ? 'unknown' : `${paid.usd} USD`]),
    ...(missing.pictures === 0
      ? []
      : [`to make: ${missing.usd === null ? 'unknown' : `${missing.usd} USD`}`]),
  ]
  return parts.length === 0 ? '–' : parts.join(', ')
}

function projectSummary({ project, tiles }: Report): string {
  const states = Object.entries(project.states)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number} ${state}`)
  const { length } = tiles
  return documentOf(
    [
      `## ${literal(project.name)}: ${count(length, 'image')}`,
      '',
      `${states.join(', ') || 'none'}.`,
    ],
    { head: ['image', 'state', 'size', 'candidates', 'prompt'], items: tiles.map(tileRows) },
    LONGEST,
    (more) => `… and ${count(more, 'more image')}: the report shows all of them.`,
  )
}

function tileRows({
  id,
  state,
  reason,
  width,
  height,
  candidates,
  pick,
  prompt,
}: Tile): string[][] {
  const size = width === null || height === null ? '–' : `${width} × ${height}`
  const chosen = candidates > 1 ? `${pick} of ${candidates}` : String(candidates)
  return [
    [
      literal(id),
      state === 'current' ? state : `${state}: ${literal(reason)}`,
      size,
      chosen,
      prompt === null ? '–' : literal(prompt),
    ],
  ]
}
