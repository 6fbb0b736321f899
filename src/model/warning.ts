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
