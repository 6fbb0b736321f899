import path from 'node:path'
import PQueue from 'p-queue'
import type { PlannedImage } from '../../pipeline.ts'
import { throwIfAborted } from '../../shared/abort.ts'
import { redact } from '../../shared/logger.ts'
import { sha256 } from '../../shared/hash.ts'
import { count } from '../../shared/plain-text.ts'
import { release } from '../../shared/release.ts'
import { createPictures, type Pictures } from '../listener/pictures.ts'
import type { ImageDetail } from '../protocol-image.ts'
import type { BranchChanges, ImageChange, Report } from '../protocol-report.ts'
import type { PictureKey, Tile } from '../protocol.ts'
import { detailOf } from '../views/detail.ts'
import { withoutPaths } from '../views/shown-problem.ts'
import { createWall } from '../views/wall.ts'
import { type BaseProject, openBase, type Surveyed } from './base.ts'
import { differencesBetween, type Difference } from './changes.ts'
import { paidFor, paymentsSince, type Payment } from './paid.ts'
import { reportPage } from './page.ts'
import { originalSide, renditionSide, type SideContext } from './sides.ts'
import { summaryOf } from './summary.ts'

/** A file of a report, by its name in the folder. */
export interface ReportFile {
  readonly sha256: string
  readonly read: () => Promise<Uint8Array>
}

export interface WrittenReport {
  readonly report: Report
  readonly files: ReadonlyMap<string, ReportFile>
}

export interface ReportOptions extends Surveyed {
  /** The branch to compare with; `undefined`: the project as it is. */
  readonly base: string | undefined
  /** The page that the package's build made. */
  readonly html: string
  readonly signal: AbortSignal
}

/** The names that a report's files have, besides those of pictures. */
export const REPORT_PAGE = 'index.html'
export const REPORT_SUMMARY = 'summary.md'

/** Pictures that are read and drawn at once. */
const AT_ONCE = 4

/**
 * Makes a report and hands its files over. Nothing is asked of a provider, and the store is only read.
 *
 * @param write writes the files; what they are read from is removed afterwards.
 * @throws ImagegenError with code `usage` if there is nothing to compare with; `aborted`.
 */
export async function makeReport<Result>(
  options: ReportOptions,
  write: (written: WrittenReport) => Promise<Result>,
): Promise<Result> {
  const { base: ref, signal } = options
  const base = ref === undefined ? undefined : await openBase(ref, options, signal)
  try {
    return await write(await writtenReport(options, base))
  } finally {
    await base?.close()
  }
}

async function writtenReport(
  options: ReportOptions,
  base: BaseProject | undefined,
): Promise<WrittenReport> {
  const { pipeline, html, signal } = options
  const pictures = createPictures(
    () => Promise.resolve(pipeline),
    () => undefined,
  )
  const make = (): Promise<Report> => reportOf(options, base, pictures)
  const files = await pictureFiles(keysIn(await make()), pictures, signal)
  // Once more: the sizes of hand-made files are known now.
  const report = withFiles(await make(), files)
  const clean = (text: string): string => redact(text, pipeline.options.secrets)
  const texts = [
    [REPORT_PAGE, reportPage(html, clean(JSON.stringify(report)))],
    [REPORT_SUMMARY, clean(summaryOf(report))],
  ] as const
  return {
    report,
    files: new Map([
      ...texts.map(([name, text]) => [name, textFile(text)] as const),
      ...[...files.values()].map(({ name, file }) => [name, file] as const),
    ]),
  }
}

function textFile(text: string): ReportFile {
  const bytes = Buffer.from(text)
  return { sha256: sha256(bytes), read: () => Promise.resolve(bytes) }
}

async function reportOf(
  { pipeline, survey, signal }: ReportOptions,
  base: BaseProject | undefined,
  pictures: Pictures,
): Promise<Report> {
  const wall = createWall(pictures)
  wall.take(survey)
  const changes =
    base === undefined ? null : await changesOf({ pipeline, survey }, base, pictures, signal)
  const changed = changes === null ? undefined : new Set(changes.images.map(({ id }) => id))
  const { root } = pipeline.options
  const tiles = [...wall.tiles.values()]
    .filter(({ id }) => changed?.has(id) ?? true)
    .map((tile): Tile => ({ ...tile, reason: withoutPaths(tile.reason, root) }))
  const context = { pipeline, survey, pictures, revision: wall.revision }
  const images = tiles.flatMap((tile): Array<[string, ImageDetail]> => {
    const image = survey.images.get(tile.id)
    return image === undefined ? [] : [[tile.id, detailOf(image, tile, context)]]
  })
  return {
    project: {
      protocol: 1,
      release: release(),
      process: 'report',
      name: path.basename(root),
      revision: wall.revision,
      pictures: '',
      writable: 'asked',
      editor: false,
      states: wall.states,
      images: tiles.length,
      broken: [],
      models: [...new Set(tiles.flatMap(({ model }) => model ?? []))].toSorted(),
      largestUpload: 0,
      run: null,
    },
    tiles,
    images: Object.fromEntries(images),
    pictures: {},
    changes,
  }
}

async function changesOf(
  now: Surveyed,
  base: BaseProject,
  pictures: Pictures,
  signal: AbortSignal,
): Promise<BranchChanges> {
  const payments = paymentsSince(base, now.survey)
  const here: SideContext = {
    ...now,
    pictures,
    find: (file, digest) => base.findNow(file, digest),
    bring: () => Promise.resolve(),
  }
  const there: SideContext = { ...base, pictures }
  const images: ImageChange[] = []
  for (const difference of differencesBetween(base, now)) {
    throwIfAborted(signal)
    images.push(await changeOf(difference, there, here, payments, signal))
  }
  const { ref, mergeBase } = base.base
  return {
    base: { ref, mergeBase },
    images,
    paid: paidFor(payments),
    missing: missingOf(
      images.flatMap(({ id }) => now.survey.images.get(id) ?? []),
      now,
    ),
    notes: notesOn(base),
  }
}

async function changeOf(
  { image, before, after, kinds, fields }: Difference,
  there: SideContext,
  here: SideContext,
  payments: readonly Payment[] | null,
  signal: AbortSignal,
): Promise<ImageChange> {
  const { id, name, manifest } = image.entry
  const shows = showsRenditions(kinds) ? 'renditions' : 'originals'
  const sideOf = async (
    one: PlannedImage | undefined,
    context: SideContext,
  ): Promise<ImageChange['after']> => {
    if (one === undefined) return null
    return shows === 'renditions' ? renditionSide(one, context, signal) : originalSide(one, context)
  }
  return {
    id,
    name,
    manifest: manifest.path,
    kinds,
    before: await sideOf(before, there),
    after: await sideOf(after, here),
    shows,
    fields,
    paid: paidFor(payments?.filter((payment) => isOf(payment, id, after)) ?? null),
    missing: missingOf(after === undefined ? [] : [after], here),
  }
}

/** The picture is the same, and what is made of it is not. */
function showsRenditions(kinds: ImageChange['kinds']): boolean {
  const others: ReadonlySet<string> = new Set(['reprompted', 'new-picture', 'new-pick'])
  return kinds.includes('new-output') && !kinds.some((kind) => others.has(kind))
}

function isOf({ key, entry }: Payment, id: string, image: PlannedImage | undefined): boolean {
  const { made } = image ?? {}
  return entry === id || made?.key === key || made?.otherKeys.includes(key) === true
}

function missingOf(
  images: readonly PlannedImage[],
  { pipeline, survey }: Surveyed,
): ImageChange['missing'] {
  const how = { outdated: false, lost: [] }
  const { pictures, usd } = pipeline.selectImages(survey, images, how).summary
  return { pictures, usd }
}

function notesOn({ survey, knowsReceipts }: BaseProject): string[] {
  const broken = [...survey.problems.keys()]
  return [
    ...(knowsReceipts
      ? []
      : [
          'The store is not in git: what the branch paid is not known, and pictures from before are shown where they are here.',
        ]),
    ...(broken.length === 0
      ? []
      : [
          `${count(broken.length, 'manifest')} had errors at the merge base, and images in them count as added: ${broken.slice(0, 5).join(', ')}${broken.length > 5 ? ' …' : ''}.`,
        ]),
  ]
}

/** A picture in the folder of the report. */
interface PictureFile {
  readonly name: string
  readonly file: ReportFile
}

/** Reads every picture once, to know what it is. What cannot be read is left out. */
async function pictureFiles(
  keys: ReadonlySet<PictureKey>,
  pictures: Pictures,
  signal: AbortSignal,
): Promise<ReadonlyMap<PictureKey, PictureFile>> {
  const reading = new PQueue({ concurrency: AT_ONCE })
  const files = new Map<PictureKey, PictureFile>()
  const readOne = async (key: PictureKey): Promise<void> => {
    throwIfAborted(signal)
    const served = await pictures.read(key).catch(() => undefined)
    if (served === undefined) return
    const name = `pictures/${key}.${served.mediaType.replace('image/', '')}`
    const read = async (): Promise<Uint8Array> => {
      const again = await pictures.read(key)
      if (again === undefined) throw new Error(`The picture ${key} is gone.`)
      return again.bytes
    }
    files.set(key, { name, file: { sha256: sha256(served.bytes), read } })
  }
  await reading.addAll([...keys].map((key) => () => readOne(key)))
  return new Map([...files].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** The fields that hold keys of pictures, wherever they are. */
const PICTURE_FIELDS: ReadonlySet<string> = new Set(['thumbnail', 'picture'])

function keysIn(report: Report): ReadonlySet<PictureKey> {
  const keys = new Set<PictureKey>()
  JSON.stringify(report, (name, value: unknown) => {
    if (PICTURE_FIELDS.has(name) && typeof value === 'string') keys.add(value)
    return value
  })
  return keys
}

/** The report with the files of its pictures; a picture without a file is none. */
function withFiles(report: Report, files: ReadonlyMap<PictureKey, PictureFile>): Report {
  const known = JSON.parse(
    JSON.stringify(report, (name, value: unknown) =>
      PICTURE_FIELDS.has(name) && typeof value === 'string' && !files.has(value) ? null : value,
    ),
  ) as Report
  const pictures = Object.fromEntries([...files].map(([key, { name }]) => [key, name]))
  return { ...known, pictures }
}
