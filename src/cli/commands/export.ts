import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { GeneratedImage } from '../../emit/generated-image.ts'
import type { Pipeline, PlannedImage, RenderedImage, Survey } from '../../pipeline.ts'
import { ImagegenError, type Problem } from '../../shared/errors.ts'
import { groupBy } from '../../shared/group-by.ts'
import { count, inOneLine } from '../../shared/plain-text.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { openProject, soundSurvey } from '../project.ts'
import {
  type ExportedFile,
  LIST,
  exportNames,
  exportedFile,
  exportedImage,
  updateFolder,
} from './export-folder.ts'

/** The most problems that are listed. */
const SHOWN = 20

/**
 * How many images are requested at once. This is more than are rendered in parallel, to keep all threads busy, but not
 * all of them, because thousands of waiting images would hold more memory than the ones being rendered.
 */
const ASKED_AT_ONCE = 2 * availableParallelism() + 4

export const exportImages: Command = {
  options: {
    out: { value: 'DIR', about: 'the folder to write to; created if needed' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '--out public/art', about: 'write every image' },
    { line: '--out ../game/art --json', about: 'list for a script what was written' },
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
    const pipeline = await openProject(output, 'look')
    const survey = await soundSurvey(pipeline)
    const { images } = survey.plan
    const rendered = await renderAll(images, survey, pipeline)
    const nameOf = exportNames(images)
    const files = new Map<string, ExportedFile>()
    const values: Record<string, GeneratedImage> = {}
    for (const [{ entry }, image] of rendered) {
      const name = nameOf(entry.id)
      values[entry.id] = exportedImage(name, entry.alt ?? '', image)
      for (const rendition of image.renditions) {
        files.set(exportedFile(name, rendition), rendition)
      }
    }
    const { written, unchanged, removed } = await updateFolder(path.resolve(out), files, {
      images: values,
      names: Object.fromEntries(uniqueNames(images)),
    })
    if (given.flag('json')) {
      output.json({ version: 1, images: images.length, written, unchanged, removed })
    } else {
      output.result(
        `${count(images.length, 'image')} in ${inOneLine(path.join(out, LIST))}: ${count(written.length, 'file')} written, ${unchanged.length} unchanged, ${removed.length} removed.`,
      )
    }
    return 0
  },
}

/**
 * Renders all images.
 *
 * @throws ImagegenError with code `render` and the problems of all images that failed.
 */
async function renderAll(
  images: readonly PlannedImage[],
  survey: Survey,
  pipeline: Pipeline,
): Promise<ReadonlyArray<readonly [PlannedImage, RenderedImage]>> {
  const { signal } = new AbortController()
  const finished = new Map<PlannedImage, RenderedImage>()
  const failed = new Map<PlannedImage, readonly Problem[]>()
  const left = images.values()
  const renderInTurn = async (): Promise<void> => {
    for (const image of left) {
      try {
        finished.set(image, await pipeline.render(image, survey, signal))
      } catch (error) {
        if (!(error instanceof ImagegenError)) throw error
        failed.set(image, error.problems)
      }
    }
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, renderInTurn))
  const problems = images.flatMap((image) => failed.get(image) ?? [])
  if (problems.length > 0) {
    throw new ImagegenError('render', problems.slice(0, SHOWN), {
      summary: `${count(problems.length, 'image')} of ${images.length} cannot be exported. Nothing was written.`,
    })
  }
  return images.flatMap((image) => {
    const rendered = finished.get(image)
    return rendered === undefined ? [] : [[image, rendered] as const]
  })
}

function uniqueNames(images: readonly PlannedImage[]): Array<readonly [string, string]> {
  const byName = groupBy(images, ({ entry }) => entry.name)
  return [...byName].flatMap(([name, [{ entry }, ...others]]) =>
    others.length > 0 ? [] : [[name, entry.id] as const],
  )
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
