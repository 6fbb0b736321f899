import { JSON_OPTION, type Command } from '../command.ts'
import { openSharedProject } from '../project.ts'
import { count } from '../../shared/plain-text.ts'

export const verify: Command = {
  options: {
    remote: { about: 'also check the copies in the remote store' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'check the originals in the store' },
    { line: '--remote --json', about: 'check the copies in the remote store too' },
  ],
  async run(given, output) {
    const { store } = await openSharedProject(output, 'look')
    const { problems, ...counts } = await store.verify(given.flag('remote') ? 'remote' : 'here')
    if (given.flag('json')) {
      const listed = problems.map(({ kind, file, message, hint }) => ({
        kind,
        file,
        message,
        hint,
      }))
      output.json({ version: 1, ...counts, problems: listed })
    } else {
      const { originals, intact, bytes, elsewhere, quarantined, trashed } = counts
      const aside = [
        ...(elsewhere > 0 ? [`${elsewhere} in the remote only`] : []),
        ...(quarantined > 0 ? [`${count(quarantined, 'file')} in quarantine`] : []),
        ...(trashed > 0 ? [`${count(trashed, 'file')} in the trash`] : []),
      ]
      output.result(
        `${count(originals, 'original')}: ${intact} intact (${bytes} bytes), ${count(problems.length, 'problem')}.${aside.length > 0 ? ` ${aside.join(', ')}.` : ''}`,
      )
    }
    for (const problem of problems) output.problem(problem)
    return problems.length > 0 ? 1 : 0
  },
}
