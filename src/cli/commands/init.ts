import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from '../command.ts'
import { isConfirmed } from '../ask.ts'
import { openProject } from '../project.ts'
import { starterFiles, toDoByHand, writeNew } from '../starter.ts'

export const init: Command = {
  options: {},
  async run(_, output) {
    const pipeline = await openProject(output)
    const { root, configFile } = pipeline.options
    const { manifests, problems } = await pipeline.survey()
    const hasManifests = manifests.length + problems.size > 0
    const files = starterFiles(root).filter(
      ({ kind, file }) =>
        (kind === 'config' ? configFile === undefined : !hasManifests) &&
        !existsSync(path.join(root, file)),
    )
    const names = files.map(({ file }) => file)
    if (files.length === 0)
      output.result('Nothing to write: a manifest and a config file are there.')
    else if (output.isInteractive && !(await isConfirmed(`Write ${names.join(' and ')}?`)))
      return 130
    for (const { file, text } of files) {
      if (writeNew(path.join(root, file), text)) output.result(`Wrote ${file}`)
    }
    output.logger.info(['', ...toDoByHand(root)].join('\n'))
    return 0
  },
}
