import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from '../command.ts'
import { isConfirmed } from '../ask.ts'
import { openProject } from '../project.ts'
import { typesFolder } from '../../pipeline/declarations.ts'
import { toPosix } from '../../shared/files.ts'
import { readProjectFiles } from '../setup/project-files.ts'
import { stepsByHand } from '../setup/steps.ts'
import { starterFiles, writeNew } from '../starter.ts'

export const init: Command = {
  options: {},
  async run(_, output) {
    const pipeline = await openProject(output, 'look')
    const { options } = pipeline
    const { root, configFile } = options
    const project = readProjectFiles(root)
    const { manifests, problems } = await pipeline.survey()
    const hasManifests = manifests.length + problems.size > 0
    const files = starterFiles(project).filter(
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
    const folders = [...manifests.map(({ path: file }) => file), ...problems.keys(), ...names]
      .filter((file) => /\.ya?ml$/.test(file))
      .map((file) => path.posix.dirname(file))
    const steps = stepsByHand(project, {
      typesFolder: typesFolder(options),
      storeFolder: toPosix(path.relative(root, options.storeDir)),
      manifestFolders: [...new Set(folders)],
      missingKeys: options.missingKeys,
    })
    output.logger.info(['', ...steps].join('\n'))
    return 0
  },
}
