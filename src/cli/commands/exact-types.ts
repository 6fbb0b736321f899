import { outsideText, typesFolder } from '../../pipeline/declarations.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { openProject } from '../project.ts'
import { whereTypesAreFound } from '../where-types-are-found.ts'

export const types: Command = {
  options: JSON_OPTION,
  async run(given, output) {
    const pipeline = await openProject(output)
    const survey = await pipeline.survey()
    const report = await pipeline.writeTypes(survey)
    const { written, unchanged, removed, outside } = report
    if (given.flag('json')) output.json({ version: 1, ...report })
    else {
      for (const file of written) output.logger.info(file)
      output.result(
        `${written.length} written, ${unchanged.length} unchanged, ${removed.length} removed.`,
      )
      const { options } = pipeline
      const hint = whereTypesAreFound(options.root, typesFolder(options))
      if (hint !== undefined) output.logger.info(hint)
    }
    if (outside.length > 0) output.logger.warn(outsideText(outside))
    const problems = [...survey.problems.values()].flat()
    if (problems.length > 0) throw new ImagegenError('manifest', problems)
    return 0
  },
}
