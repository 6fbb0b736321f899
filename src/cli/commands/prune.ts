import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { askedKeys, holdLeftOver } from '../../pipeline/records/left-over.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { openProject, soundSurvey } from '../project.ts'
import { listed } from '../terminal/report.ts'
import { count } from '../../shared/plain-text.ts'

const KEPT = '30d'

export const prune: Command = {
  options: {
    'dry-run': { about: 'print what would happen, without doing it' },
    delete: { about: `delete old files from the trash` },
    'older-than': {
      value: 'TIME',
      about: `the age of files that \`--delete\` removes, such as 12h or 2w (default: ${KEPT})`,
    },
    ...JSON_OPTION,
  },
  examples: [
    { line: '--dry-run', about: 'list the originals that would move to the trash' },
    {
      line: '--delete --older-than 12h',
      about: 'also delete what is in the trash for 12 hours or longer',
    },
  ],
  async run(given, output) {
    const isDry = given.flag('dry-run')
    const isDeleting = given.flag('delete')
    const time = given.text('older-than')
    if (time !== undefined && !isDeleting) {
      throw new ImagegenError('usage', {
        message: '`--older-than` works only with `--delete`.',
        hint: 'Add `--delete`. Without it, originals are moved to the trash and nothing is deleted.',
      })
    }
    const age = milliseconds(time ?? KEPT)
    const pipeline = await openProject(output, isDry ? 'look' : 'make')
    const { store, options } = pipeline
    // Refuse other options and unreadable manifests, because their originals would count as unused.
    pipeline.checkFingerprint()
    const survey = await soundSurvey(pipeline)
    const unused = await store.findUnused(askedKeys(survey))
    if (unused.length > 0 || isDeleting) {
      await holdLeftOver(survey, unused.length, options, process.env)
    }
    if (!isDry) await store.trash(unused)
    const deleted = isDeleting && !isDry ? await store.emptyTrash(age) : { files: 0, bytes: 0 }

    const moved = unused.map(({ file, receipt }) => ({
      file: path.basename(file),
      key: receipt.key,
    }))
    if (given.flag('json')) {
      output.json({ version: 1, dryRun: isDry, moved, deleted })
      return 0
    }
    const lines = moved.map(({ file }) => `${output.paint('dim', 'unused')}  ${file}`)
    output.result(
      [
        ...listed(lines, output.showsResults, (more) => `… and ${more} more`),
        isDry
          ? `${count(moved.length, 'original')} would move to the trash.${isDeleting ? ' Old files in the trash would be deleted.' : ''}`
          : `${count(moved.length, 'original')} moved to the trash.${isDeleting ? ` ${count(deleted.files, 'file')} deleted (${deleted.bytes} bytes).` : ''}`,
      ].join('\n'),
    )
    return 0
  },
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 }

function milliseconds(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const seconds = UNITS[unit]
  if (seconds !== undefined) return Number(number) * seconds * 1000
  throw new ImagegenError('usage', {
    message: `\`--older-than\` is \`${text}\`: expected a time.`,
    hint: 'Write a whole number with m (minutes), h, d or w, such as `30d`.',
  })
}
