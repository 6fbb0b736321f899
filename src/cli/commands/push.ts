import { IMAGES, JSON_OPTION, type Command } from '../command.ts'
import { openSharedProject, soundSurvey } from '../project.ts'
import { runTransfer } from './transfer.ts'

export const push: Command = {
  operands: IMAGES,
  options: {
    'dry-run': { about: 'print what would happen, without doing it' },
    verify: { about: 'also check and repair what the remote already has' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'upload everything that the remote store lacks' },
    { line: 'src/cast.image.yaml --dry-run', about: 'say what would be uploaded for one manifest' },
  ],
  async run(given, output) {
    const pipeline = await openSharedProject(output)
    const keys =
      given.operands.length === 0
        ? undefined
        : pipeline
            .select(await soundSurvey(pipeline), given.operands)
            .images.flatMap(({ made }) => made?.key ?? [])
    const isDry = given.flag('dry-run')
    const verbs = isDry ? DRY : WET
    const how = { isDry, isThorough: given.flag('verify') }
    const isJson = given.flag('json')
    return runTransfer(verbs, isJson, output, (control) =>
      pipeline.store.push({ ...how, ...control }, keys),
    )
  },
}

const WET = { moved: 'pushed', present: 'were there' }
const DRY = { moved: 'would be pushed', present: 'are there' }
