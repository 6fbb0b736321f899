import type { Plan } from '../../pipeline.ts'
import type { DescribedCandidate, DescribedImage } from '../../pipeline/describe-image.ts'
import { count, inOneLine, sentence } from '../../shared/plain-text.ts'
import type { Output } from './output.ts'
import { COLOURS, summaryText } from './report.ts'
import { columnsOf, padColumns } from './wrap.ts'

/** The JSON of `list --json`. */
export function listJson(images: readonly DescribedImage[], summary: Plan['summary']): object {
  return {
    version: 1,
    images: images.map(({ image, size, written, candidates, pick, files }) => ({
      id: image.entry.id,
      manifest: image.entry.manifest.path,
      name: image.entry.name,
      key: image.made?.key ?? null,
      state: image.state,
      reason: image.reason,
      origin: image.origin ?? null,
      size: size === null ? null : `${size.width}x${size.height}`,
      written,
      files,
      pick,
      candidates: candidates.map(({ number, digest, stored, file, receipt }) => ({
        number,
        digest,
        sha256: stored.receipt.sha256,
        picked: number === pick,
        size: `${stored.receipt.width}x${stored.receipt.height}`,
        seed: stored.receipt.seed,
        time: stored.receipt.time,
        origin: originOf(stored),
        state: stored.bytes,
        file,
        receipt,
      })),
    })),
    summary,
  }
}

/** Every image with its candidates and files, then a summary. */
export function listText(
  images: readonly DescribedImage[],
  summary: Plan['summary'],
  output: Output,
): string {
  return [...images.map((image) => imageText(image, output)), summaryText(summary)].join('\n\n')
}

function imageText(described: DescribedImage, output: Output): string {
  const { image, size, written, candidates, files } = described
  const { state, reason, entry, made } = image
  const facts = [
    output.paint(COLOURS[state], state),
    size === null ? 'size unknown' : `${size.width}x${size.height}`,
    ...(made === undefined ? [] : [candidatesText(described)]),
    `${inOneLine(written.file)}:${written.line}`,
  ]
  const isPlain = state === 'current' && image.origin === 'provider'
  return [
    inOneLine(entry.id),
    `  ${facts.join('  ')}`,
    ...(isPlain ? [] : [`  ${output.paint('dim', sentence(reason))}`]),
    ...candidateLines(described, output),
    ...(candidates.length > 0 ? [] : files.map((file) => `  ${inOneLine(file)}`)),
  ].join('\n')
}

function candidatesText({ image, candidates, pick }: DescribedImage): string {
  const wanted = image.made?.subject.candidates ?? 0
  const has =
    candidates.length < wanted
      ? `${candidates.length} of ${count(wanted, 'candidate')}`
      : count(candidates.length, 'candidate')
  return pick === null ? has : `${has}, pick ${pick}`
}

/** One line for each candidate, with its file; below it where the terminal is too narrow for one of them. */
function candidateLines({ candidates, pick }: DescribedImage, output: Output): string[] {
  const rows = candidates.map((candidate) => ({
    candidate,
    cells: [
      `${candidate.number === pick ? '>' : ' '} ${candidate.number}`,
      candidate.digest,
      candidate.stored.receipt.seed === null ? 'no seed' : `seed ${candidate.stored.receipt.seed}`,
      candidate.stored.receipt.time.slice(0, 19).replace('T', ' '),
      ...noteOf(candidate),
    ],
  }))
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(0, ...rows.map(({ cells }) => columnsOf(cells[column] ?? ''))),
  )
  const lines = rows.map(({ candidate, cells }) => ({
    facts: `  ${cells.map((cell, column) => padColumns(cell, widths[column] ?? 0)).join('  ')}`,
    file: inOneLine(candidate.file),
  }))
  const width = Math.max(0, ...lines.map(({ facts }) => columnsOf(facts)))
  const isWide = lines.every(({ file }) => width + 2 + columnsOf(file) <= output.columns)
  return lines.flatMap(({ facts, file }) =>
    isWide
      ? [`${padColumns(facts, width)}  ${output.paint('dim', file)}`]
      : [facts.trimEnd(), `      ${output.paint('dim', file)}`],
  )
}

type Stored = DescribedCandidate['stored']
type Origin = NonNullable<Stored['receipt']['origin']>

/** Where the pixels come from. Earlier receipts do not say it: they are all from the provider. */
function originOf({ receipt }: Stored): Origin {
  return receipt.origin ?? 'provider'
}

const ORIGINS: Record<Origin, readonly string[]> = {
  provider: [],
  elsewhere: ['not from the provider'],
  edited: ['edited by hand'],
}

const STATES: Record<Stored['bytes'], readonly string[]> = {
  present: [],
  absent: ['file absent'],
  'lfs-pointer': ['Git LFS pointer'],
  damaged: ['file damaged'],
}

function noteOf({ stored }: DescribedCandidate): string[] {
  const notes = [...ORIGINS[originOf(stored)], ...STATES[stored.bytes]]
  return notes.length === 0 ? [] : [notes.join(', ')]
}
