import path from 'node:path'
import { outsideText, typesFolder } from '../../pipeline/declarations.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { inOneLine } from '../../shared/plain-text.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { openProject } from '../project.ts'
import { readProjectFiles } from '../setup/project-files.ts'
import { optionLines } from '../setup/steps.ts'
import { readTypeScriptConfig } from '../setup/tsconfig.ts'
import { NUXT_TYPES, optionsForExactTypes } from '../setup/compiler-options.ts'

export const types: Command = {
  options: JSON_OPTION,
  examples: [
    { line: '', about: 'write the types, and say which options tsconfig.json needs' },
    { line: '--json', about: 'list the files that were written' },
  ],
  async run(given, output) {
    const pipeline = await openProject(output, 'look')
    const survey = await pipeline.survey()
    const report = await pipeline.writeTypes(survey)
    const { written, unchanged, removed, outside } = report
    if (given.flag('json')) output.json({ version: 1, ...report })
    else {
      for (const file of written) output.logger.info(inOneLine(file))
      output.result(
        `${written.length} written, ${unchanged.length} unchanged, ${removed.length} removed.`,
      )
      const { options } = pipeline
      const folders = survey.manifests
        .filter(({ content }) => content.form !== 'style')
        .map((manifest) => path.posix.dirname(manifest.path))
      const hint = whereTypesAreFound(options.root, typesFolder(options), folders)
      if (hint !== undefined) output.logger.info(hint)
    }
    if (outside.length > 0) output.logger.warn(outsideText(outside))
    const problems = [...survey.problems.values()].flat()
    if (problems.length > 0) throw new ImagegenError('manifest', problems)
    return 0
  },
}

/** Explains how TypeScript finds the exact types; undefined if it already does, or if there is no TypeScript. */
function whereTypesAreFound(
  root: string,
  folder: string,
  manifestFolders: readonly string[],
): string | undefined {
  const config = readTypeScriptConfig(root, manifestFolders)
  if (config === undefined) return undefined
  const project = readProjectFiles(root)
  const options = optionsForExactTypes(project, config, folder)
  if (options.length === 0) return undefined
  if (project.dependencies.has('nuxt')) return NUXT_TYPES
  const lines = optionLines(options).flatMap((line) => line.split('\n'))
  return [
    `TypeScript finds them through these compilerOptions in ${config.name}:`,
    ...lines.map((line) => `  ${line}`),
  ].join('\n')
}
