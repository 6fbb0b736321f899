import { describeImage, type DescribedImage } from '../../pipeline/describe-image.ts'
import { type Command, IMAGES, JSON_OPTION } from '../command.ts'
import { warnOfOverlooked } from '../overlooked.ts'
import { openProject, soundSurvey } from '../project.ts'
import { listJson, listText } from '../terminal/image-list.ts'

/** How many files of `source` are open at once. */
const OPEN_AT_ONCE = 16

export const list: Command = {
  operands: IMAGES,
  options: JSON_OPTION,
  examples: [
    { line: '', about: 'every image with its candidates and files' },
    { line: "'src/cast.image.yaml#kira*' --json", about: 'some images, for a script' },
  ],
  async run(given, output) {
    const pipeline = await openProject(output, 'look')
    const survey = await soundSurvey(pipeline)
    warnOfOverlooked(survey, pipeline, output, given.operands)
    const { images, summary } = pipeline.select(survey, given.operands)
    const described: DescribedImage[] = []
    for (let next = 0; next < images.length; next += OPEN_AT_ONCE) {
      const some = images.slice(next, next + OPEN_AT_ONCE)
      described.push(
        ...(await Promise.all(
          some.map((image) => describeImage(image, survey, pipeline.options.root)),
        )),
      )
    }
    if (given.flag('json')) output.json(listJson(described, summary))
    else output.result(listText(described, summary, output))
    return 0
  },
}
