import { setFlagsFromString } from 'node:v8'
import path from 'node:path'
import type { Pipeline, PlannedImage, Survey } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { groupBy } from '../../shared/group-by.ts'
import { count, inOneLine } from '../../shared/plain-text.ts'
import { type Command, IMAGES, JSON_OPTION } from '../command.ts'
import { openProject, soundSurvey } from '../project.ts'
import { onInterrupt } from '../terminal/interrupt.ts'
import type { Output } from '../terminal/output.ts'
import {
  type EarlierExport,
  exportNames,
  filesOfImage,
  LIST,
  readEarlierExport,
  updateFolder,
} from '../folders/export-folder.ts'
import {
  type ExportHow,
  type FailedExport,
  type RenderedExport,
  renderExport,
} from '../folders/export-images.ts'
import { followProject } from '../folders/follow-project.ts'
import type { FolderChanges } from '../folders/owned-folder.ts'

/** The most problems that are listed. */
const SHOWN = 20

export const exportImages: Command = {
  operands: IMAGES,
  options: {
    out: { value: 'DIR', about: 'the folder to write to; created if needed' },
    placeholders: { about: 'write placeholders for images that are missing' },
    'all-candidates': { about: 'also write the candidates that are not in use' },
    watch: { about: 'write again what an edit changes, until Ctrl-C' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '--out public/art', about: 'write every image' },
    {
      line: "'tile-*' --out ../game/art --placeholders --watch",
      about: 'keep the images whose names begin with tile- up to date in another folder',
    },
  ],
  async run(given, output) {
    const out = given.text('out')
    if (out === undefined) {
      throw new ImagegenError('usage', {
        message: '`imagegen export` needs `--out DIR`.',
        hint: 'DIR may contain other files: `imagegen export` removes only files that it wrote.',
      })
    }
    keepYoungGenerationSmall()
    const interrupt = new AbortController()
    const asked: Asked = {
      out,
      patterns: given.operands,
      placeholders: given.flag('placeholders'),
      allCandidates: given.flag('all-candidates'),
      signal: interrupt.signal,
    }
    const tell = given.flag('json') ? tellAsJson : tellAsText
    const open = (): Promise<Pipeline> => openProject(output, 'look')
    if (!given.flag('watch')) {
      const pipeline = await open()
      const done = await exportOnce(asked, await soundSurvey(pipeline), pipeline)
      tell(done, output)
      return done.failed.length > 0 ? 1 : 0
    }
    output.answerInLines()
    const release = onInterrupt(() => interrupt.abort())
    let told = ''
    try {
      await followProject(open, output, interrupt.signal, async (survey, pipeline) => {
        const done = await exportOnce(asked, survey, pipeline)
        const failures = JSON.stringify(done.failed)
        const isNews = done.written.length + done.removed.length > 0 || failures !== told
        if (isNews || told === '') tell(done, output)
        told = failures
      })
      return 0
    } finally {
      release()
    }
  },
}

/** What the command line asks for. */
interface Asked extends ExportHow {
  readonly out: string
  readonly patterns: readonly string[]
}

/** What an export did. */
interface Done extends FolderChanges, Pick<RenderedExport, 'failed' | 'placeholders'> {
  readonly list: string
  readonly images: number
}

/**
 * Renders the selected images and updates the folder. Images that were not selected, and those that cannot be had, stay
 * as an earlier export wrote them.
 */
async function exportOnce(asked: Asked, survey: Survey, pipeline: Pipeline): Promise<Done> {
  const { images } = pipeline.select(survey, asked.patterns)
  const all = survey.plan.images
  const folder = path.resolve(asked.out)
  const rendered = await renderExport(images, exportNames(all), survey, pipeline, asked)
  const earlier = readEarlierExport(folder)
  const selected = new Set(images.map(({ entry }) => entry.id))
  const failed = new Set(rendered.failed.map(({ id }) => id))
  const isWhole = asked.patterns.length === 0
  const stays = new Map(
    Object.entries(earlier.images).filter(
      ([id]) => !rendered.values.has(id) && (failed.has(id) || (!isWhole && !selected.has(id))),
    ),
  )
  const kept = new Set([...stays.values()].flatMap(filesOfImage))
  const replaced = new Set(
    Object.entries(earlier.images).flatMap(([id, image]) =>
      stays.has(id) ? [] : filesOfImage(image),
    ),
  )
  const changes = await updateFolder(
    folder,
    rendered.files,
    listOf(new Map([...stays, ...rendered.values]), all, earlier),
    (name) => kept.has(name) || (!isWhole && !replaced.has(name)),
  )
  const { placeholders, failed: failures } = rendered
  return {
    ...changes,
    list: path.join(asked.out, LIST),
    images: images.length,
    placeholders,
    failed: failures,
  }
}

/** The list of a folder's images, in the order of the project, with the names that only one image has. */
function listOf(
  values: RenderedExport['values'],
  all: readonly PlannedImage[],
  earlier: EarlierExport,
): EarlierExport {
  const known = all.map(({ entry }) => entry.id).filter((id) => values.has(id))
  const others = [...values.keys()].filter((id) => !known.includes(id))
  const ids = [...known, ...others]
  const names = new Map([
    ...Object.entries(earlier.names).filter(([, id]) => others.includes(id)),
    ...uniqueNames(all).filter(([, id]) => values.has(id)),
  ])
  return {
    images: Object.fromEntries(
      ids.flatMap((id) => {
        const value = values.get(id)
        return value === undefined ? [] : [[id, value]]
      }),
    ),
    names: Object.fromEntries(names),
  }
}

function uniqueNames(images: readonly PlannedImage[]): Array<readonly [string, string]> {
  const byName = groupBy(images, ({ entry }) => entry.name)
  return [...byName].flatMap(([name, [{ entry }, ...others]]) =>
    others.length > 0 ? [] : [[name, entry.id] as const],
  )
}

function tellAsJson(
  { images, written, unchanged, removed, failed, placeholders }: Done,
  output: Output,
): void {
  tellFailures(failed, output)
  output.json({
    version: 1,
    images,
    written,
    unchanged,
    removed,
    // Only if there are any, because most exports have none.
    ...(placeholders.length === 0 ? {} : { placeholders }),
    ...(failed.length === 0
      ? {}
      : {
          failed: failed.map(({ id, code, problems }) => ({
            id,
            code,
            message: output.clean(problems.map(({ message }) => message).join(' ')),
          })),
        }),
  })
}

function tellAsText(
  { list, images, written, unchanged, removed, failed, placeholders }: Done,
  output: Output,
): void {
  tellFailures(failed, output)
  const lost = new Set(failed.map(({ id }) => id)).size
  const shown =
    lost === 0 ? count(images, 'image') : `${images - lost} of ${count(images, 'image')}`
  const aside = placeholders.length === 0 ? '' : `, ${count(placeholders.length, 'placeholder')}`
  output.result(
    `${shown} in ${inOneLine(list)}${aside}: ${count(written.length, 'file')} written, ${unchanged.length} unchanged, ${removed.length} removed.`,
  )
}

function tellFailures(failed: readonly FailedExport[], output: Output): void {
  const problems = failed.flatMap((one) => one.problems)
  for (const problem of problems.slice(0, SHOWN)) output.problem(problem)
  if (problems.length > SHOWN) {
    output.logger.error(`… and ${count(problems.length - SHOWN, 'more problem')}.`)
  }
}

/**
 * Keeps V8's young generation at its initial size. With thousands of images, it would grow to 48 MB and stay there,
 * almost unused, which is more than the images themselves need.
 *
 * The flag is permanent and process-wide, so use it only in commands that exit afterwards, never in a bundler.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
