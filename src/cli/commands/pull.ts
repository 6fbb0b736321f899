import { IMAGES, JSON_OPTION, type Command } from '../command.ts'
import { openSharedProject, soundSurvey } from '../project.ts'
import { runTransfer } from './transfer.ts'

export const pull: Command = {
  operands: IMAGES,
  options: {
    'dry-run': { about: 'print what would happen, without doing it' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'download everything that the manifests use' },
    { line: 'src/cast.image.yaml#kira', about: 'download the originals of one image' },
  ],
  async run(given, output) {
    const pipeline = await openSharedProject(output)
    const { images } = pipeline.select(await soundSurvey(pipeline), given.operands)
    const wanted = images.flatMap(({ entry: { pick }, made }) =>
      made === undefined
        ? []
        : [
            {
              key: made.key,
              candidates: made.subject.candidates,
              digests: typeof pick === 'string' ? [pick] : [],
            },
          ],
    )
    const isDry = given.flag('dry-run')
    const how = { isDry, only: given.operands.length > 0 }
    return runTransfer(isDry ? DRY : WET, given.flag('json'), output, (control) =>
      pipeline.store.pull({ ...how, ...control }, wanted),
    )
  },
}

const WET = { moved: 'pulled', present: 'were here' }
const DRY = { moved: 'would be pulled', present: 'are here' }
