import type { ImageEntry } from '../manifest/entry.ts'
import { MAX_PROBLEMS, placeOf, type DocumentPath } from '../manifest/manifest.ts'
import type { Resolution } from '../manifest/resolve/resolve.ts'
import type { OutputFormat } from '../manifest/schema/output.ts'
import { canWrite } from '../pixels/writable.ts'
import type { Problem } from '../shared/errors.ts'

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
  for (const { output } of resolution.entries) for (const each of output.formats) formats.add(each)
  if (!formats.has(RARE)) return resolution
  const refused = new Set<OutputFormat>()
  for (const format of formats) if (!(await canWrite(format))) refused.add(format)
  if (refused.size === 0) return resolution

  const isRefused = ({ output }: ImageEntry): boolean =>
    output.formats.some((format) => refused.has(format))
  const problems = new Map(resolution.problems)
  const reported = new Set<string>()
  for (const entry of resolution.entries.filter(isRefused)) {
    const { manifest, output } = entry
    for (const format of output.formats.filter((each) => refused.has(each))) {
      const field = writtenAt(entry, format)
      const place = placeOf(manifest, field, field === entry.path ? 'key' : 'value')
      // Report each position once: several images may inherit the format from the same defaults.
      const earlier = problems.get(manifest.path) ?? []
      const spot = JSON.stringify([manifest.path, place.line, place.column])
      if (reported.has(spot) || earlier.length >= MAX_PROBLEMS) continue
      reported.add(spot)
      problems.set(manifest.path, [...earlier, unwritable(entry, format, place)])
    }
  }
  const isKept = (entry: ImageEntry): boolean => !isRefused(entry)
  return {
    entries: resolution.entries.filter(isKept),
    withoutAlt: resolution.withoutAlt.filter(isKept),
    problems,
  }
}

function unwritable(
  { name }: ImageEntry,
  format: OutputFormat,
  place: NonNullable<Problem['place']>,
): Problem {
  return {
    message: `${name}: the installed sharp cannot write ${format}.`,
    place,
    hint: `Take ${format} out of \`output.formats\`, or use a sharp whose libvips has it.`,
  }
}

/** The path of a format in the image's own list or in the manifest's defaults; the image's path if the options set it. */
function writtenAt({ manifest, path }: ImageEntry, format: OutputFormat): DocumentPath {
  const { form, images, defaults } = manifest.content
  const own = form === 'single' ? images[0] : images.find(({ name }) => name === path.at(-1))
  const ownIndex = own?.settings.output?.formats?.indexOf(format)
  if (ownIndex !== undefined) return [...path, 'output', 'formats', ownIndex]
  const index = defaults.output?.formats?.indexOf(format)
  return index === undefined ? path : ['defaults', 'output', 'formats', index]
}
