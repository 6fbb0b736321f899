import { isRecord } from '../shared/record.ts'
import { plainText } from '../shared/plain-text.ts'

/**
 * A model's warning as a sentence, in the forms of specification v2 (`unsupported-setting`), v3 (`unsupported`,
 * `compatibility`, `other`) and v4 (also `deprecated`); unknown forms are shown as JSON.
 */
export function describeWarning(warning: unknown): string {
  if (!isRecord(warning)) return plainText(String(warning))
  const subject = settingOf(warning)
  const details = textOf(warning['details']) ?? textOf(warning['message'])
  const sentence = subject === undefined ? undefined : sentenceAbout(warning['type'], subject)
  if (sentence === undefined) return plainText(details ?? JSON.stringify(warning))
  return plainText(details === undefined ? sentence : `${sentence}: ${details}`)
}

/** The setting that a warning is about, in the words of the AI SDK: `seed`, `aspectRatio`, …; nothing: about none. */
export function settingOf(warning: unknown): string | undefined {
  if (!isRecord(warning)) return undefined
  return textOf(warning['feature']) ?? textOf(warning['setting'])
}

function sentenceAbout(type: unknown, subject: string): string | undefined {
  switch (type) {
    case 'unsupported':
    case 'unsupported-setting':
      return `the model does not take \`${subject}\` and ignored it`
    case 'compatibility':
      return `the model takes \`${subject}\` in a compatibility mode only`
    case 'deprecated':
      return `\`${subject}\` is deprecated`
    default:
      return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A setting of a recipe that decides pixels. */
export type PixelSetting = 'aspectRatio' | 'size' | 'seed' | 'references'

/** How providers name the settings in their warnings, in lower-case letters. */
const PIXEL_SETTINGS: Readonly<Record<string, PixelSetting>> = {
  aspectratio: 'aspectRatio',
  size: 'size',
  seed: 'seed',
  files: 'references',
  image: 'references',
  images: 'references',
  inputimages: 'references',
  referenceimages: 'references',
  references: 'references',
}

/** The setting that a model says it ignored, where it decides pixels; see `describeWarning` for the forms. */
export function ignoredSetting(warning: unknown): PixelSetting | undefined {
  if (!isRecord(warning)) return undefined
  const { type } = warning
  if (type !== 'unsupported' && type !== 'unsupported-setting') return undefined
  const subject = textOf(warning['feature']) ?? textOf(warning['setting']) ?? ''
  const name = subject.toLowerCase().replaceAll(/[^a-z]/g, '')
  return Object.hasOwn(PIXEL_SETTINGS, name) ? PIXEL_SETTINGS[name] : undefined
}
