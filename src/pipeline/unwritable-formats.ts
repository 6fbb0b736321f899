import type { ImageEntry } from '../manifest/entry.ts'
import { MAX_PROBLEMS, placeOf } from '../manifest/manifest.ts'
import type { Resolution } from '../manifest/resolve/resolve.ts'
import type { OutputFormat } from '../manifest/schema/output.ts'
import { homeOf, writtenAt } from '../manifest/written.ts'
import { canWrite } from '../pixels/writable.ts'

/** The format that sharp's own binaries cannot write. Only this format requires loading sharp, which a plan avoids. */
const RARE: OutputFormat = 'jxl'

/**
 * Refuses images in formats that the installed sharp cannot write, before any request. Otherwise the user would pay for
 * them, and the build would fail.
 *
 * @returns the resolution without those images, with their problems.
 */
export async function withoutUnwritable(resolution: Resolution): Promise<Resolution> {
  const formats = new Set<OutputFormat>()
  for (const entry of resolution.entries) for (const each of formatsOf(entry)) formats.add(each)
  if (!formats.has(RARE)) return resolution
  const refused = new Set<OutputFormat>()
  for (const format of formats) if (!(await canWrite(format))) refused.add(format)
  if (refused.size === 0) return resolution

  const isRefused = (entry: ImageEntry): boolean =>
    formatsOf(entry).some((format) => refused.has(format))
  const problems = new Map(resolution.problems)
  const reported = new Set<string>()
  for (const entry of resolution.entries.filter(isRefused)) {
    const { manifest, name } = entry
    for (const format of formatsOf(entry).filter((each) => refused.has(each))) {
      const written = placeOfFormat(entry, format)
      const { place, through } = written
      // Report each position once: several images may inherit the format from the same defaults.
      const earlier = problems.get(manifest.path) ?? []
      const spot = JSON.stringify([manifest.path, place.file, place.line, place.column])
      if (reported.has(spot) || earlier.length >= MAX_PROBLEMS) continue
      reported.add(spot)
      const fault = `the installed sharp cannot write ${format}.`
      const problem = {
        message: through === undefined ? `${name}: ${fault}` : `T${fault.slice(1)}`,
        ...written,
        hint: `Take ${format} out of \`output.formats\`, or use a sharp whose libvips has it.`,
      }
      problems.set(manifest.path, [...earlier, problem])
    }
  }
  const isKept = (entry: ImageEntry): boolean => !isRefused(entry)
  return {
    entries: resolution.entries.filter(isKept),
    withoutAlt: resolution.withoutAlt.filter(isKept),
    problems,
  }
}

/** The formats of an image and of its media, each once. */
function formatsOf({ output, media }: ImageEntry): readonly OutputFormat[] {
  if (media.length === 0) return output.formats
  return [
    ...new Set(
      [output, ...media.map(({ settings }) => settings)].flatMap((one) => one.formats ?? []),
    ),
  ]
}

/** The position of a format in the list that it is written in; the image's own if the options set it. */
function placeOfFormat(entry: ImageEntry, format: OutputFormat): ReturnType<typeof writtenAt> {
  const { manifest, path, own, output, media } = entry
  if (!output.formats.includes(format)) {
    const medium = media.findIndex(({ settings }) => settings.formats?.includes(format) === true)
    const index = media[medium]?.settings.formats?.indexOf(format) ?? 0
    return writtenAt(entry, ['output', 'media', medium, 'formats', index], 'value')
  }
  const field = ['output', 'formats']
  const ownIndex = own.output?.formats?.indexOf(format)
  if (ownIndex !== undefined) return writtenAt(entry, [...field, ownIndex], 'value')
  const home = homeOf(entry, field)
  const index = home.content.defaults.output?.formats?.indexOf(format)
  if (index === undefined) return { place: placeOf(manifest, path, 'key') }
  if (home !== manifest) return writtenAt(entry, [...field, index], 'value')
  return { place: placeOf(manifest, ['defaults', ...field, index], 'value') }
}
