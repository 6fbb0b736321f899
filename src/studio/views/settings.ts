import type { PlannedImage } from '../../pipeline.ts'
import type { ImageDetail } from '../protocol-image.ts'

/** The settings that the studio shows and does not edit, in words. */
export function settingsOf({ entry, made }: PlannedImage): ImageDetail['settings'] {
  const { output, operations, media } = entry
  const { formats, widths, aspectRatio, placeholder, encoders } = output
  const qualities = formats.flatMap((format) => {
    const { quality } = encoders[format] as { readonly quality?: unknown }
    return quality === undefined ? [] : [`${format} ${String(quality)}`]
  })
  const revision = made?.subject.revision
  const options = Object.entries(made?.subject.providerOptions ?? {})
  const rows: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ['model', made?.subject.model],
    ['n', made === undefined ? undefined : String(made.subject.candidates)],
    ['revision', revision === undefined ? undefined : String(revision)],
    ['providerOptions', options.length === 0 ? undefined : worded(options)],
    ['process', operations.length === 0 ? undefined : operations.map(operationText).join(', ')],
    ['formats', formats.join(', ')],
    ['widths', widths.join(', ')],
    ['quality', qualities.length === 0 ? undefined : qualities.join(', ')],
    [
      'output aspect ratio',
      aspectRatio === undefined ? undefined : `${aspectRatio.width}:${aspectRatio.height}`,
    ],
    ['placeholder', placeholder === 'none' ? undefined : placeholder],
    ['media', media.length === 0 ? undefined : media.map(mediaText).join('; ')],
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}

function mediaText({ media, image, settings }: PlannedImage['entry']['media'][number]): string {
  const changed = Object.keys(settings).length === 0 ? [] : [worded(Object.entries(settings))]
  return `${media}: ${[image ?? [], ...changed].flat().join(', ')}`
}

function worded(options: ReadonlyArray<readonly [string, unknown]>): string {
  return options.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')
}

function operationText({
  name,
  args,
  files = [],
}: PlannedImage['entry']['operations'][number]): string {
  // The arguments of a composite hold the paths of its pictures.
  if (files.length > 0 || args.length === 0) return name
  return `${name}(${args.map((argument) => JSON.stringify(argument)).join(', ')})`
}
